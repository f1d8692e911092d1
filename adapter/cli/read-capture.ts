/** `00000010: 4157 2a01  AW*.` of xxd, `00000010  41 57 2a 01  |AW*.|` of hexdump -C. */
const DUMP_LINE = /^[0-9a-f]{7,8}(?::| ) ?((?:[0-9a-f]{2,4} {1,2})*[0-9a-f]{2,4})(?: .*)?$/i;
const HEX_LINE = /^[0-9a-f\s]*$/i;
const COMMENT = /#.*$/;

/** The bytes of a capture: those of the file, or what its hexadecimal digits say, plain or as xxd and hexdump -C write them. */
export function readCapture(file: Uint8Array): Uint8Array {
  const text = Buffer.from(file).toString("latin1");
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const [first = ""] = lines;
  if (/^0{7,8}[: ]/.test(first) && lines.every((line) => DUMP_LINE.test(line) || /^[0-9a-f]{7,8}$/i.test(line))) {
    return Buffer.from(
      lines
        .map((line) => DUMP_LINE.exec(line)?.[1] ?? "")
        .join("")
        .replaceAll(" ", ""),
      "hex",
    );
  }
  const plain = lines.map((line) => line.replace(COMMENT, ""));
  const digits = plain.join("").replaceAll(/\s/g, "");
  const isHex = plain.every((line) => HEX_LINE.test(line)) && digits.length > 0 && digits.length % 2 === 0;
  return isHex ? Buffer.from(digits, "hex") : file;
}
