//! The house keeps its order: who may use whom, how long a file may be, what may not be left in it.
//!
//! The order is the map in `src/lib.rs`, from the ground up; rooms on one line are neighbours and may use one another.

use std::collections::BTreeMap;
use std::fs;

use regex::Regex;

use crate::harness::{files_below, none_failed, repository};

const LONGEST_FILE: usize = 500;

/// A source file, relative to the repository, and its text.
struct File {
    path: String,
    text: String,
}

fn rust_files(folder: &str) -> Vec<File> {
    let whole = repository().join(folder);
    let files = files_below(&whole).into_iter().filter(|file| file.ends_with(".rs"));
    files
        .map(|file| File { text: fs::read_to_string(whole.join(&file)).unwrap(), path: format!("{folder}/{file}") })
        .collect()
}

/// Rooms and their floor, by the map in `src/lib.rs`.
fn floors() -> BTreeMap<String, usize> {
    let text = fs::read_to_string(repository().join("src/lib.rs")).unwrap();
    let room = Regex::new(r"\[`(\w+)`\]").unwrap();
    let lines = text.lines().filter(|line| line.starts_with("//! - ["));
    let floors = lines.enumerate().flat_map(|(floor, line)| {
        let names = line.split(": ").next().unwrap_or(line);
        room.captures_iter(names).map(move |found| (found[1].to_owned(), floor)).collect::<Vec<_>>()
    });
    floors.collect()
}

#[test]
fn the_map_names_every_room() {
    let floors = floors();
    let text = fs::read_to_string(repository().join("src/lib.rs")).unwrap();
    let module = Regex::new(r"(?m)^pub mod (\w+);").unwrap();
    let rooms: Vec<&str> = module.captures_iter(&text).map(|found| found.get(1).unwrap().as_str()).collect();
    assert!(rooms.len() > 8, "rooms: {rooms:?}");
    let unmapped: Vec<_> = rooms.iter().filter(|room| !floors.contains_key(**room)).collect();
    assert!(unmapped.is_empty(), "not on the map of src/lib.rs: {unmapped:?}");
}

#[test]
fn rooms_use_only_what_is_below_them() {
    let floors = floors();
    let mut failures = Vec::new();
    for file in rust_files("src").iter().filter(|file| !is_test(&file.path)) {
        let Some(own) = floors.get(&room_of(&file.path)) else { continue };
        for used in rooms_used(&without_tests(&file.text)) {
            match floors.get(&used) {
                Some(floor) if floor <= own => {}
                Some(_) => failures.push(format!("{} uses `{used}`, which is above it", file.path)),
                None => failures.push(format!("{} uses `crate::{used}`, which is no room", file.path)),
            }
        }
    }
    none_failed("imports", &failures);
}

/// The room a file is in: `src/expr/bind.rs` is in `expr`; `lib.rs` and `main.rs` are in none.
fn room_of(path: &str) -> String {
    let inner = path.trim_start_matches("src/");
    inner.split(['/', '.']).next().unwrap_or_default().to_owned()
}

/// Files that hold only tests or what tests need.
fn is_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.contains("/tests/")
        || name == "testing.rs"
        || name.ends_with("_testing.rs")
        || name.ends_with("_tests.rs")
        || is_cfg_test(path)
}

/// Whether the module above declares this `tests.rs` for tests only.
fn is_cfg_test(path: &str) -> bool {
    let Some(folder) = path.strip_suffix("/tests.rs") else { return false };
    let above = [format!("{folder}/mod.rs"), format!("{folder}.rs")];
    let above = above.iter().find_map(|file| fs::read_to_string(repository().join(file)).ok());
    above.is_some_and(|text| text.contains("#[cfg(test)]\nmod tests;") || text.contains("#[cfg(test)]\npub mod tests;"))
}

/// The text up to its test module, without comments.
fn without_tests(text: &str) -> String {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or(text);
    code.lines().filter(|line| !line.trim_start().starts_with("//")).fold(String::new(), |mut code, line| {
        code.push_str(line);
        code.push('\n');
        code
    })
}

/// Rooms named as `crate::room` or in `use crate::{room, …}`.
fn rooms_used(code: &str) -> Vec<String> {
    let single = Regex::new(r"\bcrate::(\w+)").unwrap();
    let group = Regex::new(r"(?s)\bcrate::\{(.*?)\};").unwrap();
    let mut rooms: Vec<String> = single.captures_iter(code).map(|found| found[1].to_owned()).collect();
    for found in group.captures_iter(code) {
        rooms.extend(first_words(&found[1]));
    }
    rooms.sort();
    rooms.dedup();
    rooms
}

/// First words of the outermost items of a group: `a::b, c::{d, e}` has `a` and `c`.
fn first_words(group: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut items = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => items.push(String::new()),
            _ if depth == 0 => items.last_mut().unwrap().push(character),
            _ => {}
        }
    }
    let words = items.iter().map(|item| item.trim().split("::").next().unwrap_or_default().to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

#[test]
fn files_are_short_and_say_what_lives_in_them() {
    let mut failures = Vec::new();
    for file in rust_files("src").iter().chain(&rust_files("tests")) {
        let lines = file.text.lines().count();
        if lines > LONGEST_FILE {
            failures.push(format!("{} has {lines} lines, more than {LONGEST_FILE}", file.path));
        }
        if !file.text.starts_with("//! ") {
            failures.push(format!("{} does not open with `//!`", file.path));
        }
    }
    none_failed("files", &failures);
}

#[test]
fn nothing_unfinished_is_left() {
    // Written in two parts, so that this file does not find itself.
    let words = [("to", "do!("), ("unimple", "mented!("), ("db", "g!("), ("TO", "DO"), ("FIX", "ME")];
    let printing = [("print", "ln!("), ("pri", "nt!(")];
    let mut failures = Vec::new();
    for file in rust_files("src").iter().chain(&rust_files("tests")) {
        let mut forbidden: Vec<String> = words.iter().map(|(start, end)| format!("{start}{end}")).collect();
        if file.path.starts_with("src/") {
            forbidden.extend(printing.iter().map(|(start, end)| format!("{start}{end}")));
        }
        for (index, line) in file.text.lines().enumerate() {
            for word in forbidden.iter().filter(|word| holds_word(line, word)) {
                failures.push(format!("{}:{} holds `{word}`", file.path, index + 1));
            }
        }
    }
    none_failed("lines", &failures);
}

/// Whether the line holds the word, not as the end of a longer one (`eprint` is another word).
fn holds_word(line: &str, word: &str) -> bool {
    line.match_indices(word)
        .any(|(start, _)| !line[..start].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_found_in_every_form_of_use() {
        let code = "use crate::io;\nuse crate::diag::{A, B};\nuse crate::{\n    plan::{X, y},\n    expr,\n};\nfn f() { crate::spec::load() }\n";
        assert_eq!(rooms_used(code), ["diag", "expr", "io", "plan", "spec"]);
        assert!(rooms_used(&without_tests("// crate::io\n#[cfg(test)]\nmod tests { use crate::cli; }")).is_empty());
    }

    #[test]
    fn the_ground_is_below_the_roof() {
        let floors = floors();
        for (low, high) in [
            ("diag", "domain"),
            ("domain", "context"),
            ("context", "contract"),
            ("contract", "sources"),
            ("sources", "spec"),
            ("spec", "plan"),
            ("plan", "engine"),
            ("engine", "cli"),
        ] {
            assert!(floors[low] < floors[high], "{low} is not below {high}");
        }
        assert_eq!(floors["sources"], floors["loads"]);
    }
}
