import { expect } from "chai";
import { Random } from "../../src/base/random.js";
import { drawShare } from "../../src/train/augment.js";
import { augment } from "../../src/train/index.js";

const image = Uint8Array.from({ length: 2 * 3 * 4 }, (_, i) => i + 1);
const shape = [2, 3, 4];

describe("augment", () => {
  it("shifts and mirrors each image as a whole, zeros coming in", () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 200; seed++) {
      const out = augment(image, shape, { pad: 1, flip: true }, new Random(seed));
      seen.add(String(out));
      // Both channels moved alike: where one is zero so is the other, and they differ by the size of a plane.
      for (let i = 0; i < 12; i++) {
        const [a = 0, b = 0] = [out[i], out[i + 12]];
        expect(a === 0 ? b : b - a).to.equal(a === 0 ? 0 : 12);
      }
    }
    // 3 x 3 shifts, mirrored or not.
    expect(seen.size).to.equal(18);
    expect(seen.has(String(image))).to.equal(true);
    expect(
      seen.has(
        String(
          Uint8Array.of(
            4,
            3,
            2,
            1,
            8,
            7,
            6,
            5,
            12,
            11,
            10,
            9,
            16,
            15,
            14,
            13,
            20,
            19,
            18,
            17,
            24,
            23,
            22,
            21,
          ),
        ),
      ),
    ).to.equal(true);
  });

  it("cuts a square out of all channels", () => {
    const out = augment(image, shape, { cutout: 2 }, new Random(1));
    const zeros = Array.from(out.keys()).filter((i) => out[i] === 0);
    expect(zeros.length).to.be.within(2, 8);
    expect(zeros.filter((i) => i < 12).map((i) => i + 12)).to.deep.equal(zeros.filter((i) => i >= 12));
  });

  it("draws shares from a Beta distribution: mean 1/2, variance 1 / (8 alpha + 4)", () => {
    for (const alpha of [0.2, 1, 3]) {
      const random = new Random(1);
      const shares = Array.from({ length: 20_000 }, () => drawShare(alpha, random));
      const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
      const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
      expect(mean).to.be.closeTo(0.5, 0.01);
      expect(variance * (8 * alpha + 4)).to.be.closeTo(1, 0.03);
    }
  });

  it("changes nothing where nothing is asked, and never its input", () => {
    expect(augment(image, shape, {}, new Random(1))).to.deep.equal(image);
    expect(image[0]).to.equal(1);
  });
});
