import { describe, expect, it } from "vitest";
import { csvCell, csvFile, csvText } from "~/values/csv";

describe("cells that a spreadsheet would run", () => {
  it.each(["=1+1", "+86 139", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =cmd|' /C calc'!A0", "'=1", "\u200b=1", "\ufeff@x"])("stay inert: %j", (text) => {
    expect(csvCell(text).replace(/^"/, "").startsWith("'")).toBe(true);
  });

  it("but numbers are numbers", () => {
    expect(csvCell("-12.50")).toBe("-12.50");
    expect(csvCell("1234")).toBe("1234");
  });
});

describe("cells that only look like one", () => {
  it.each([["a=b", "a=b"], ["139+", "139+"], ["'quoted'", "'quoted'"], ["", ""], ["-1.5%", "'-1.5%"], ["+5", "'+5"], ["-12", "-12"], ["1e5", "1e5"]])("%j is written %j", (text, written) => {
    expect(csvCell(text)).toBe(written);
  });

  it("are guarded inside of quotes too", () => {
    expect(csvCell("=1,2")).toBe("\"'=1,2\"");
    expect(csvCell('\n=HYPERLINK("http://x")')).toBe("\"'\n=HYPERLINK(\"\"http://x\"\")\"");
  });
});

describe("cells", () => {
  it("are quoted where they must be", () => {
    expect(csvCell('he said "no"')).toBe('"he said ""no"""');
    expect(csvCell("a,b")).toBe('"a,b"');
    expect(csvCell("two\nlines")).toBe('"two\nlines"');
    expect(csvCell("云帆")).toBe("云帆");
  });

  it("hold nothing that a file cannot", () => {
    expect(csvCell("a\u0000b")).toBe("a\ufffdb");
    expect(csvCell("a\ud800b")).toBe("a\ufffdb");
    expect(csvCell("😀")).toBe("😀");
  });
});

describe("a file", () => {
  it("begins with the byte order mark and ends its lines as Windows does", () => {
    expect(csvText([["名称", "金额"], ["云帆", "1.50"]])).toBe("\ufeff名称,金额\r\n云帆,1.50\r\n");
  });

  it("has no blank line for one empty cell", () => {
    expect(csvText([["名称"], [""]])).toBe('\ufeff名称\r\n""\r\n');
  });

  it("is UTF-8 with the mark's three bytes", async () => {
    const file = csvFile([["云"]]);
    expect(file.type).toBe("text/csv;charset=utf-8");
    expect([...new Uint8Array(await file.arrayBuffer())]).toEqual([0xef, 0xbb, 0xbf, 0xe4, 0xba, 0x91, 0x0d, 0x0a]);
  });
});
