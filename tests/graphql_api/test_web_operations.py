"""The web client's documents: what is refused, the types that are told, and that the server would run each of them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from graphql import build_schema, parse, print_ast

from graphql_api.operation import Asked, Operations
from graphql_api.schema import core_schema, sdl
from graphql_api.web_operations import DOCUMENTS, FILE, DocumentUnfit, written
from server.catalogue import load_rooms

load_rooms()
SMALL = build_schema("""
  scalar BigInt scalar DateTime scalar JSON
  enum Level { A B }
  interface Named { name: String }
  type Person implements Named { name: String phone: String! }
  type Firm implements Named { name: String level: Level! at: DateTime }
  union Found = Person | Firm
  input Where { level: Level! = A, and: [Where!], ids: [ID!]! }
  type Query {
    found(where: Where!, first: Int! = 10, text: String): [Found!]
    count: BigInt!  facts: JSON  rows: [[Int]]!
  }
""")


def _made(folder: Path, name: str, text: str) -> str:
    (folder / f"{name}.graphql").write_text(text, encoding="utf-8")
    return written(SMALL, folder)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("broken", "query Broken { count", "Syntax Error"),
        ("unknown", "query Unknown { nothing }", "nothing"),
        ("unused", "query Unused($a: Int) { count }", "$a"),
        ("nameless", "{ count }", "one operation"),
        ("two", "query Two { count } query More { count }", "one operation"),
        ("other", "query Another { count }", "one operation"),
        ("small", "query small { count }", "one operation"),
    ],
)
def test_an_unfit_document_is_refused(tmp_path: Path, name: str, text: str, says: str) -> None:
    with pytest.raises(DocumentUnfit, match=f"{name}.graphql") as refused:
        _made(tmp_path, name, text)
    assert says in str(refused.value)


def test_variables_and_results_are_typed_as_json_gives_them(tmp_path: Path) -> None:
    made = _made(
        tmp_path,
        "look_up",
        """query LookUp($where: Where!, $first: Int! = 5, $text: String) {
             number: count facts rows
             found(where: $where, first: $first, text: $text) {
               __typename ...named ... on Firm { level at } ... on Person { phone }
             }
           }
           fragment named on Named { name }""",
    )
    assert (
        """    readonly variables: {
      readonly where: Where;
      readonly first?: number;
      readonly text?: string | null;
    };"""
        in made
    )
    assert (
        """    readonly result: {
      readonly number: string;
      readonly facts: Json | null;
      readonly rows: readonly (readonly (number | null)[] | null)[];
      readonly found: readonly ({
        readonly __typename: "Person";
        readonly name: string | null;
        readonly phone: string;
      } | {
        readonly __typename: "Firm";
        readonly name: string | null;
        readonly level: "A" | "B";
        readonly at: string | null;
      })[] | null;
    };"""
        in made
    )
    assert (
        """export type Where = {
  readonly level?: "A" | "B";
  readonly and?: readonly Where[] | null;
  readonly ids: readonly string[];
};"""
        in made
    )


def test_the_text_is_short_and_its_hash_its_own(tmp_path: Path) -> None:
    made = _made(tmp_path, "how_many", "# how many\nquery HowMany {\n  count\n}\n")
    text = "query HowMany{count}"
    assert f'text: "{text}"' in made
    assert f'hash: "{hashlib.sha256(text.encode()).hexdigest()}"' in made
    assert "readonly variables: Record<string, never>;" in made


def test_the_file_in_git_is_the_present_one() -> None:
    assert FILE.read_text(encoding="utf-8") == written(build_schema(sdl())), "run yunfan schema"


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.graphql")), ids=lambda path: path.stem)
def test_the_server_would_run_it(path: Path) -> None:
    """Within the limits of depth and cost, and written as the others are."""
    text = path.read_text(encoding="utf-8")
    Operations(core_schema(), open_schema=False).prepared(Asked(text, {}, None))
    assert text == print_ast(parse(text)).rstrip() + "\n"
