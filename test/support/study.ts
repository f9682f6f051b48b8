import type { StudyDocument, TrialDocument } from "../../src/search/index.js";

/** A study of a network with two channel groups. */
export function studyDocument(): StudyDocument {
  return {
    format: "topiary-study/1",
    command: "topiary search net.onnx --data digits --macs 0.5 --seed 7 --study s",
    created: "2026-01-01T00:00:00Z",
    model: { file: "net.onnx", sha256: "00".repeat(32) },
    data: "digits",
    budget: { kind: "macs", kept: 0.5 },
    policy: "random",
    seed: 7,
    options: { episodes: 2 },
    versions: { topiary: "0.1.0", node: "20.20.0" },
    original: { macs: 1e6, params: 1e4, bytes: 4e4, accuracy: 0.95 },
    groups: [
      { id: "g0", layers: ["conv1"], units: 8 },
      { id: "g1", layers: ["conv2", "conv3"], units: 16 },
    ],
  };
}

export function trialDocument(number: number): TrialDocument {
  return {
    number,
    episode: number,
    ratios: [0.25, 0.5],
    keptMacs: 0.49,
    keptParams: 0.55,
    accuracy: 0.9,
    reward: -0.1,
    met: true,
    seconds: 1.5,
    time: "2026-01-01T00:00:02Z",
  };
}
