/** What the one policy of trusted types lets through. */
import { expect, test } from "vitest";
import { rulesFor } from "../../src/app/trusted_types";

const rules = rulesFor("https://yunfan.example.com");

test.each(["<b>", "<", "x<script>", "a{content:'<'}"])("%s is no text that the page may take as its content", (text) => {
  expect(rules.createHTML(text)).toBeNull();
});

test.each([
  "javascript:alert(1)",
  "data:text/javascript,1",
  "blob:https://yunfan.example.com/1",
  "https://harm.example/assets/app.js",
  "//harm.example/sw.js",
  "https://yunfan.example.com.harm.example/sw.js",
  "https://yunfan.example.com@harm.example/sw.js",
  "/sync/v1/files/1.js",
  "/downloads/a.js",
  "/assets/../sync/v1/files/1.js",
  "/assets/x/y.js",
  "/assets/a.js/..%2f..%2fdownloads/x.js",
  "/sw.jsx",
  "http://[",
])("%s is no script of the app", (url) => {
  expect(rules.createScriptURL(url)).toBeNull();
});

test("the app's own files and antd's style sheets are", () => {
  expect(rules.createScriptURL("/sw.js")).toBe("https://yunfan.example.com/sw.js");
  expect(rules.createScriptURL("https://yunfan.example.com/assets/worker-CKZo_1-x.js")).toBe("https://yunfan.example.com/assets/worker-CKZo_1-x.js");
  expect(rules.createHTML(".a>.b{color:red}")).toBe(".a>.b{color:red}");
});
