import type { Sharp, SharpOptions } from "sharp";
import { messageOf, UserError } from "../base/errors.js";

/** What an image file becomes. */
export interface ImageShape {
  readonly channels: 1 | 3;
  readonly height: number;
  readonly width: number;
  /** Length of the shorter side before the centre is cropped; as small as covers height and width if undefined. */
  readonly resize: number | undefined;
}

/**
 * As training pipelines read images: no colour profiles, no rotation by EXIF; a file whose last bytes are damaged is an
 * error, one with odd metadata is not.
 */
const OPTIONS: SharpOptions = { failOn: "error", ignoreIcc: true };

/**
 * Decodes an image file: resized (bilinear with antialiasing, as torchvision does) where its size differs, the centre
 * cropped, alpha dropped. Bytes in CHW order. Throws a UserError that names a file which is no image.
 */
export async function decodeImage(path: string, shape: ImageShape): Promise<Uint8Array> {
  const { default: sharp } = await import("sharp");
  try {
    const { width, height } = await sharp(path, OPTIONS).metadata();
    const image = cropped(sharp(path, OPTIONS), width, height, shape).removeAlpha().toColourspace("srgb");
    const { data, info } = await image.raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return planes(data, info.channels, shape);
  } catch (error) {
    throw new UserError("data-not-image", `cannot decode image ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function cropped(image: Sharp, width: number, height: number, shape: ImageShape): Sharp {
  const resized = resizedSize(width, height, shape);
  const left = roundToEven((resized.width - shape.width) / 2);
  const top = roundToEven((resized.height - shape.height) / 2);
  const same = resized.width === width && resized.height === height;
  const scaled = same
    ? image
    : image.resize({ ...resized, fit: "fill", kernel: "linear", fastShrinkOnLoad: false });
  return scaled.extract({ left, top, width: shape.width, height: shape.height });
}

/** The size before cropping: the longer side is rounded down, as torchvision does. */
function resizedSize(width: number, height: number, shape: ImageShape): { width: number; height: number } {
  const { resize } = shape;
  const byWidth = resize === undefined ? shape.width * height >= shape.height * width : width <= height;
  const side = resize ?? (byWidth ? shape.width : shape.height);
  return byWidth
    ? { width: side, height: Math.floor((height * side) / width) }
    : { width: Math.floor((width * side) / height), height: side };
}

/** Python's round, with which torchvision finds the centre. */
function roundToEven(value: number): number {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2) : Math.round(value);
}

/** HWC with one or three channels as CHW with the channels of `shape`. */
function planes(data: Uint8Array, given: number, { channels, height, width }: ImageShape): Uint8Array {
  const plane = height * width;
  const out = new Uint8Array(channels * plane);
  for (let i = 0; i < plane; i++) {
    const red = data[i * given] ?? 0;
    const green = given < 3 ? red : (data[i * given + 1] ?? 0);
    const blue = given < 3 ? red : (data[i * given + 2] ?? 0);
    if (channels === 1) {
      out[i] = luma(red, green, blue);
      continue;
    }
    out[i] = red;
    out[i + plane] = green;
    out[i + 2 * plane] = blue;
  }
  return out;
}

/** ITU-R BT.601 luma in the 16-bit arithmetic of Pillow's convert("L"). */
function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}
