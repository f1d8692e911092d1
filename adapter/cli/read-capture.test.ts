import { expect, it } from "vitest";
import { readCapture } from "./read-capture.js";

const BYTES = Buffer.from("4157050100000000424f4459000102030405060708", "hex");

it.each([
  ["the bytes themselves", BYTES],
  ["hexadecimal digits", BYTES.toString("hex")],
  ["digits in groups and lines, with comments", "41 57 05 01 # head\n00000000\n424F4459 0001\n\n02030405060708\n"],
  [
    "xxd",
    "00000000: 4157 0501 0000 0000 424f 4459 0001 0203  AW......BODY....\n00000010: 0405 0607 08                             .....\n",
  ],
  [
    "hexdump -C",
    "00000000  41 57 05 01 00 00 00 00  42 4f 44 59 00 01 02 03  |AW......BODY....|\n" +
      "00000010  04 05 06 07 08                                    |.....|\n00000015\n",
  ],
])("reads %s", (_, file) => {
  expect(Buffer.from(readCapture(Buffer.from(file)))).toEqual(BYTES);
});

it("takes a text for what it is", () => {
  expect(Buffer.from(readCapture(Buffer.from("CALL a b\r\n"))).toString()).toBe("CALL a b\r\n");
});
