//! Files and folders that appear whole, and what killed runs leave.

use std::io::Write;

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_appears_only_at_the_commit() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("out/a.csv");
    let staged = StagedFile::create(&target, "r1").unwrap();
    staged.open().unwrap().write_all(b"abc").unwrap();
    assert_eq!(names(&folder.path().join("out")), [".a.csv.r1.part"]);
    assert_eq!(staged.commit().unwrap(), Committed { files: 1, bytes: 3 });
    assert_eq!(names(&folder.path().join("out")), ["a.csv"]);
    assert_eq!(fs::read(&target).unwrap(), b"abc");
}

#[test]
fn a_dropped_file_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("a.csv");
    fs::write(&target, "old").unwrap();
    let staged = StagedFile::create(&target, "r1").unwrap();
    staged.open().unwrap().write_all(b"new").unwrap();
    drop(staged);
    assert_eq!(names(folder.path()), ["a.csv"]);
    assert_eq!(fs::read(&target).unwrap(), b"old");
}

#[test]
fn errors_name_path_reason_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), "x").unwrap();
    let error = StagedFile::create(&folder.path().join("file/a.csv"), "r").unwrap_err();
    assert!(error.to_string().starts_with("cannot create the folder `"), "{error}");
    let error = StagedFile::create(folder.path(), "r").unwrap_err();
    assert!(error.to_string().ends_with("it is a folder"), "{error}");
    assert!(error.help().contains("add the name of a file"));
    let full = FileError::new("write", Path::new("out/a.csv"), io::ErrorKind::StorageFull.into());
    assert_eq!(full.to_string(), "cannot write `out/a.csv`: no space left on device");
    assert!(full.help().starts_with("free some space on the disk that holds `out`"));
    let denied = FileError::new("write", Path::new("a.csv"), io::ErrorKind::PermissionDenied.into());
    assert!(denied.help().contains("write in `.`"), "{}", denied.help());
}

#[test]
fn a_folder_keeps_what_it_did_not_write_unless_told_to_clean() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    fs::create_dir(&out).unwrap();
    for name in ["old.xml", "a.xml", "notes.txt"] {
        fs::write(out.join(name), "old").unwrap();
    }
    for (clean, expected) in
        [(false, vec!["a.xml", "notes.txt", "old.xml", "sub"]), (true, vec!["a.xml", "notes.txt", "sub"])]
    {
        let mut staged = StagedDir::create(&out, "r1").unwrap();
        fs::write(staged.file(Path::new("a.xml")).unwrap(), "new").unwrap();
        fs::write(staged.file(Path::new("sub/b.xml")).unwrap(), "new!").unwrap();
        assert_eq!(staged.commit(clean).unwrap(), Committed { files: 2, bytes: 7 });
        assert_eq!(names(&out), expected);
        assert_eq!(names(root.path()), ["out"]);
        assert_eq!(fs::read(out.join("a.xml")).unwrap(), b"new");
    }
}

#[test]
fn what_a_killed_run_left_goes_and_what_lives_stays() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    let dead = root.path().join(".out.20261124T093000-0abc.part");
    for name in [&dead, &root.path().join(".out.notes.part"), &root.path().join(".other.20261124T093000-0abc.part")] {
        fs::create_dir(name).unwrap();
        fs::write(name.join(LOCK), "").unwrap();
    }
    fs::write(dead.join("a.xml"), "half").unwrap();
    let living = StagedDir::create(&out, "20261124T093001-0abd").unwrap();
    let mut staged = StagedDir::create(&out, "20261124T093002-0abe").unwrap();
    for number in 0..2 * FEW {
        fs::write(staged.file(Path::new(&format!("{number}.xml"))).unwrap(), "whole").unwrap();
    }
    assert_eq!(staged.commit(false).unwrap().files, 2 * FEW as u64);
    let left = [".other.20261124T093000-0abc.part", ".out.20261124T093001-0abd.part", ".out.notes.part", "out"];
    assert_eq!(names(root.path()), left);
    drop(living);
    assert_eq!(names(root.path()).len(), 3);
}

#[test]
fn a_dropped_folder_and_an_empty_one_change_nothing() {
    let root = tempfile::tempdir().unwrap();
    let out = root.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("a.xml"), "old").unwrap();
    let mut staged = StagedDir::create(&out, "r1").unwrap();
    fs::write(staged.file(Path::new("a.xml")).unwrap(), "new").unwrap();
    drop(staged);
    StagedDir::create(&out, "r2").unwrap().commit(true).unwrap();
    assert_eq!(names(root.path()), ["out"]);
    assert_eq!(fs::read(out.join("a.xml")).unwrap(), b"old");
}
