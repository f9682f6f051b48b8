/** Every construct of the standard syntax that the onnx package both reads and prints; \\ is a backslash in the text. */
export const everything = `
<
  ir_version: 10,
  opset_import: ["" : 17, "local.ops" : 1],
  producer_name: "topiary \\"tests\\"",
  producer_version: "1.0",
  domain: "some.domain",
  model_version: 9223372036854775807,
  doc_string: "two
lines # no comment",
  metadata_props: ["key": "value", "a \\\\ b": ""]
>
"the main graph" (float[N,3,"height - 1",?] x, float scalar, float[] any, seq(float[2]) list, map(int64, string) dict,
  optional(seq(int8[1])) maybe, opaque(some.domain,thing) thing, bool[1] "float") => (float[N] y, "1/out")
<
  float[2] f32 = {1, -0.5}, float[4] special = {nan, inf, -inf, -0}, float[3] extreme = {1e-45, 3.4028235e38, -0.1},
  double[3] f64 = {0.1, 5e-324, 1e300}, float f0 = {7}, int64[2] i64 = {-9223372036854775808, 9223372036854775807},
  uint64[1] u64 = {18446744073709551615}, int32[2] i32 = {-2147483648, 2147483647}, uint32[1] u32 = {4294967295},
  int16[2] i16 = {-32768, 32767}, uint16[1] u16 = {65535}, int8[2] i8 = {-128, 127}, uint8[1] u8 = {255},
  bool[2] flags = {0, 1}, float16[2] f16 = {15360, 64512}, bfloat16[1] bf16 = {16256}, float8e4m3fn[1] f8 = {56},
  string[2] words = {"a", "say \\"hi\\""}, float[0] none = {}, float[3] far = ["location": "weights.bin", "offset": "8"],
  float[N] h, sparse_tensor(float[9]) sparse
>
{
  [first] h, "", "1/out" = Split <axis = 0, scales = [0.5, 1.0], sizes = [1, -2], names = ["a", "b"], mode = "x y"> (x, "", f32)
  ["second node"] = local.ops.Sink : fast (h)
  t = Constant <value = float[2] inside {1, 2}> ()
  c = Typed <tp = seq(float[2]), beta: float = -0, alpha: float = 3, empty: ints = [], e: floats = []> (t)
  y = If (c) <
    then_branch = inner () => (float[N] z) <float[1] k = {2}> { z = Mul (h, k) },
    else_branch = other () => (float[N] z) { w = Loop (c) <body = deep () => (v) { v = Add (h, x) }> z = Identity (w) }
  >
}

<domain: "local.ops", overload: "fast", opset_import: ["" : 17]>
Sink <gain> (in) => (out)
{
  out = LeakyRelu <alpha: float = @gain> (in)
}
`;
