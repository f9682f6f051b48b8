import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UserError } from "../base/errors.js";
import { kindOfPath, readBytes, sizeOfFile } from "./data-files.js";

/** Image files with the names of their classes, which are either folders or written in a file of labels. */
export interface ImageList {
  readonly folder: string;
  readonly fromFolders: boolean;
  readonly files: readonly { readonly path: string; readonly label: string }[];
}

const EXTENSIONS = ["avif", "gif", "jpeg", "jpg", "png", "tif", "tiff", "webp"];
export const WANTED_IMAGES = `a folder for each class (or labels.csv, labels.tsv or labels.txt) with images (${EXTENSIONS.join(", ")})`;

const isImage = (name: string) => EXTENSIONS.includes(name.split(".").at(-1)?.toLowerCase() ?? "");

/** Files of labels larger than this are none. */
const LARGEST_LABELS = 1 << 28;

/** The names of what `folder` holds, sorted as Python sorts them; hidden files are not shown. */
function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();
}

/** The folders inside `folder`, by name. */
export function foldersIn(folder: string): string[] {
  return namesIn(folder).filter((name) => kindOfPath(join(folder, name)) === "folder");
}

/** The file of labels that `folder` has by its name, if any. */
export function labelsFileIn(folder: string): string | undefined {
  return ["labels.csv", "labels.tsv", "labels.txt"]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
}

/** The images of `folder` as its file of labels lists them, else those in its folders, one for each class. */
export function listImages(folder: string, labelsFile = labelsFileIn(folder)): ImageList {
  const fromFolders = labelsFile === undefined;
  const files = fromFolders ? filesOfClasses(folder) : filesOfLabels(labelsFile);
  if (files.length > 0) return { folder, fromFolders, files };
  throw new UserError("data-not-found", `${folder} holds no images; expected ${WANTED_IMAGES}`);
}

function filesOfClasses(folder: string): ImageList["files"] {
  return foldersIn(folder).flatMap((label) => {
    const names = namesIn(join(folder, label)).filter(isImage);
    if (names.length > 0) return names.map((name) => ({ path: join(folder, label, name), label }));
    throw new UserError(
      "data-not-found",
      `${join(folder, label)} is a class without images (${EXTENSIONS.join(", ")})`,
    );
  });
}

/** One "file label" a line, between them a tab, a comma or a space; a first line that names no image is a heading. */
function filesOfLabels(path: string): ImageList["files"] {
  const wanted = "a text file with one file and its label a line";
  const size = sizeOfFile(path, wanted);
  if (size > LARGEST_LABELS)
    throw new UserError("data-wrong-size", `${path} has ${size} bytes; expected ${wanted}`);
  const lines = readBytes(path, 0, size).toString("utf8").split(/\r?\n/);
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const [file, label] = fieldsOf(line);
    if (index === 0 && !isImage(file)) return [];
    const image = join(dirname(path), file);
    if (label !== "" && isImage(file) && existsSync(image)) return [{ path: image, label }];
    const what =
      label === ""
        ? "has no label"
        : isImage(file)
          ? `names ${file}, which does not exist`
          : `names no image`;
    throw new UserError("data-labels", `${basename(path)} line ${index + 1} ${what}; in ${dirname(path)}`);
  });
}

function fieldsOf(line: string): [file: string, label: string] {
  const separator = ["\t", ",", " "].find((candidate) => line.trim().includes(candidate)) ?? " ";
  const at = line.trim().lastIndexOf(separator);
  return at < 0
    ? [line.trim(), ""]
    : [
        line.trim().slice(0, at).trim(),
        line
          .trim()
          .slice(at + 1)
          .trim(),
      ];
}
