//! Files by pattern: `*` and `?` inside a name, `**` for any number of folders, sorted by name.
//!
//! Names that begin with a point are found only when the pattern says the point. What is in the files is not looked at.

use std::io;
use std::path::{Component, Path, PathBuf};

/// Folders deeper than this are not entered by `**`.
const MAX_DEPTH: usize = 64;

/// Whether a path holds a pattern rather than one name.
#[must_use]
pub fn is_pattern(path: &str) -> bool {
    path.contains(['*', '?'])
}

/// The files that match, sorted by path; a path without pattern is itself when it is a file.
///
/// # Errors
/// A folder of the pattern exists but cannot be read.
pub fn expand(pattern: &Path) -> io::Result<Vec<PathBuf>> {
    let parts: Vec<Component<'_>> = pattern.components().collect();
    let mut found = Vec::new();
    walk(PathBuf::new(), &parts, 0, &mut found)?;
    found.sort();
    found.dedup();
    Ok(found)
}

fn walk(base: PathBuf, parts: &[Component<'_>], depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let Some((first, rest)) = parts.split_first() else {
        if base.is_file() {
            found.push(base);
        }
        return Ok(());
    };
    match first {
        Component::Normal(name) if name.to_string_lossy() == "**" => walk_all(&base, rest, depth, found),
        Component::Normal(name) if is_pattern(&name.to_string_lossy()) => {
            let pattern = name.to_string_lossy();
            for entry in names(&base)? {
                if matches(&pattern, &entry) {
                    walk(base.join(&entry), rest, depth, found)?;
                }
            }
            Ok(())
        }
        other => walk(base.join(other), rest, depth, found),
    }
}

/// `**`: the rest of the pattern here, and in every folder below. Links to folders are not followed: they may be a circle.
fn walk_all(base: &Path, rest: &[Component<'_>], depth: usize, found: &mut Vec<PathBuf>) -> io::Result<()> {
    let below_file: &[Component<'_>] = if rest.is_empty() { &[Component::Normal("*".as_ref())] } else { rest };
    walk(base.to_path_buf(), below_file, depth, found)?;
    if depth >= MAX_DEPTH {
        return Ok(());
    }
    for entry in names(base)? {
        let folder = base.join(&entry);
        let is_folder = std::fs::symlink_metadata(&folder).is_ok_and(|about| about.is_dir());
        if is_folder && !entry.starts_with('.') {
            walk_all(&folder, rest, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Names in a folder; none when it is not a folder.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(folder)?;
    entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
}

/// Whether a name matches a pattern of one path component.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut position) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while position < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(expected) if *expected == '?' || *expected == name[position] => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                (at, position) = (star_at + 1, taken + 1);
            }
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        let cases = [
            ("*.csv", "MI.csv", true),
            ("*.csv", "MI.csv.bak", false),
            ("*", ".nascosto", false),
            (".*", ".nascosto", true),
            ("?I.csv", "MI.csv", true),
            ("?I.csv", "I.csv", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("giacenze_*_è?.csv", "giacenze_2026_èx.csv", true),
        ];
        for (pattern, name, expected) in cases {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn files_are_found_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["b/RM.csv", "b/MI.csv", "b/c/TO.csv", "a.csv", "b/note.txt", "b/.tmp.csv"] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let paths = expand(&root.join(pattern)).unwrap();
            paths.iter().map(|path| path.strip_prefix(root).unwrap().to_string_lossy().into_owned()).collect()
        };
        assert_eq!(found("b/*.csv"), ["b/MI.csv", "b/RM.csv"]);
        assert_eq!(found("**/*.csv"), ["a.csv", "b/MI.csv", "b/RM.csv", "b/c/TO.csv"]);
        assert_eq!(found("b/**"), ["b/MI.csv", "b/RM.csv", "b/c/TO.csv", "b/note.txt"]);
        assert_eq!(found("a.csv"), ["a.csv"]);
        assert_eq!(found("z/*.csv"), Vec::<String>::new());
        assert_eq!(found("b"), Vec::<String>::new());
    }
}
