//! The files that a path means: found by pattern, unpacked and rewritten as UTF-8 where needed.
//!
//! Readers of formats get plain local files from here, with the name that a person knows them by.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use encoding_rs::Encoding;

use crate::context::{NodeError, Project, RunCx};
use crate::diag::Code;
use crate::io::archive::{self, Limits, PackError};
use crate::io::glob;
use crate::io::text::{self, TextError};
use crate::sources::file::format::Packing;

/// A file of a source, perhaps packed, perhaps a member of an archive.
#[derive(Clone, Debug)]
pub struct Input {
    path: PathBuf,
    member: Option<String>,
    packing: Packing,
    /// The name that a person knows the file by: `a.zip!b.csv` for a member of an archive.
    pub shown: String,
}

/// A plain file on the local disk.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Where it is; in the staging folder when it was unpacked or rewritten.
    pub path: PathBuf,
    /// The name that a person knows it by.
    pub shown: String,
}

/// All files of a path or pattern, in order.
///
/// # Errors
/// There is none (`file-not-found`, naming what was looked for), a folder cannot be read, an archive is damaged or empty.
pub fn find(written: &str, project: &Project) -> Result<Vec<Input>, NodeError> {
    let mut inputs = Vec::new();
    for path in paths(written, project, false)? {
        let shown = shown(&path, project);
        let packing = Packing::of(&shown).0;
        if packing == Packing::Zip {
            inputs.extend(members(&path, &shown)?);
        } else {
            inputs.push(Input { path, member: None, packing, shown });
        }
    }
    Ok(inputs)
}

/// The paths that a path or pattern means, in order; a folder means itself where folders are taken.
///
/// # Errors
/// There is none (`file-not-found`, naming what was looked for), or a folder cannot be read.
pub fn paths(written: &str, project: &Project, takes_folders: bool) -> Result<Vec<PathBuf>, NodeError> {
    let pattern = project.path(written);
    let paths = glob::expand(&pattern).map_err(|error| cannot("look for", written).because(error))?;
    match paths.as_slice() {
        [] if takes_folders && !glob::is_pattern(written) && pattern.is_dir() => Ok(vec![pattern]),
        [] => Err(not_found(written, &pattern)),
        _ => Ok(paths),
    }
}

fn members(path: &Path, shown: &str) -> Result<Vec<Input>, NodeError> {
    let names = archive::zip_members(path).map_err(|error| packed(shown, error))?;
    if names.is_empty() {
        return Err(NodeError::new(Code::BadFormat, format!("the archive `{shown}` holds no file")));
    }
    let input = |name: String| Input {
        path: path.to_path_buf(),
        shown: format!("{shown}!{name}"),
        member: Some(name),
        packing: Packing::Zip,
    };
    Ok(names.into_iter().map(input).collect())
}

impl Input {
    /// The file itself, or the archive that it is in.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The first bytes, unpacked.
    ///
    /// # Errors
    /// The file cannot be read or is damaged.
    pub fn head(&self, bytes: u64) -> Result<Vec<u8>, NodeError> {
        let head = match (&self.packing, &self.member) {
            (Packing::Gzip, _) => archive::peek_gzip(&self.path, bytes),
            (Packing::Zip, Some(member)) => archive::peek_zip(&self.path, member, bytes),
            _ => read_head(&self.path, bytes).map_err(PackError::Io),
        };
        head.map_err(|error| packed(&self.shown, error))
    }

    /// The file unpacked, in the staging folder when it is packed.
    ///
    /// # Errors
    /// It is damaged, a bomb, or cannot be written.
    pub fn unpack(&self, node: &str, cx: &RunCx) -> Result<Plain, NodeError> {
        let shown = self.shown.clone();
        if self.packing == Packing::None {
            return Ok(Plain { path: self.path.clone(), shown });
        }
        let to = cx.staging_path(node, "unpacked").map_err(|error| cannot("unpack", &shown).because(error))?;
        let unpacked = match &self.member {
            Some(member) => archive::unzip(&self.path, member, &to, Limits::default()),
            None => archive::gunzip(&self.path, &to, Limits::default()),
        };
        unpacked.map_err(|error| packed(&shown, error))?;
        Ok(Plain { path: to, shown })
    }

    /// The file itself, when it is not packed.
    #[must_use]
    pub fn plain(&self) -> Option<Plain> {
        let plain = Plain { path: self.path.clone(), shown: self.shown.clone() };
        (self.packing == Packing::None).then_some(plain)
    }

    /// The name that says the format: of the member for an archive.
    #[must_use]
    pub fn name(&self) -> &str {
        self.member.as_deref().unwrap_or(&self.shown)
    }
}

impl Plain {
    /// The file rewritten as UTF-8 in the staging folder; itself when it is UTF-8 already.
    ///
    /// # Errors
    /// Bytes that mean nothing in the encoding, or a file that cannot be read or written.
    pub fn to_utf8(self, encoding: &'static Encoding, node: &str, cx: &RunCx) -> Result<Self, NodeError> {
        if text::is_utf8(encoding) && !has_utf16_mark(&self.path) {
            return Ok(self);
        }
        let to = cx.staging_path(node, "utf8").map_err(|error| cannot("rewrite", &self.shown).because(error))?;
        text::transcode(&self.path, &to, encoding).map_err(|error| match error {
            TextError::Io(error) => cannot("read", &self.shown).because(error),
            malformed @ TextError::Malformed { .. } => {
                NodeError::new(Code::BadFormat, format!("`{}`: {malformed}", self.shown))
                    .help("check `encoding` in the format")
            }
        })?;
        Ok(Self { path: to, shown: self.shown })
    }

    /// The first bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn head(&self, bytes: u64) -> Result<Vec<u8>, NodeError> {
        read_head(&self.path, bytes).map_err(|error| cannot("read", &self.shown).because(error))
    }

    /// Opens the file.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn open(&self) -> Result<File, NodeError> {
        File::open(&self.path).map_err(|error| cannot("open", &self.shown).because(error))
    }
}

/// An error of reading or writing a file that a person knows by that name.
#[must_use]
pub fn cannot(action: &str, shown: &str) -> NodeError {
    NodeError::new(Code::SourceFailed, format!("cannot {action} `{shown}`"))
}

fn packed(shown: &str, error: PackError) -> NodeError {
    match error {
        PackError::Io(error) => cannot("read", shown).because(error),
        bomb @ PackError::Bomb { .. } => NodeError::new(Code::SourceFailed, format!("`{shown}` is refused: {bomb}"))
            .help("unpack it yourself if you trust it"),
        damaged @ PackError::Damaged { .. } => {
            NodeError::new(Code::BadFormat, format!("`{shown}` cannot be unpacked: {damaged}"))
        }
    }
}

fn not_found(written: &str, pattern: &Path) -> NodeError {
    let what = if glob::is_pattern(written) { "no file matches" } else { "there is no file" };
    let error = NodeError::new(Code::FileNotFound, format!("{what} `{written}`"));
    let folder = pattern.parent().filter(|folder| !glob::is_pattern(&folder.to_string_lossy()));
    match folder {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => error
            .help(format!("there is no folder `{}` either; paths start from the project's folder", folder.display())),
        _ => error.help(format!("looked for `{}`", pattern.display())),
    }
}

/// The path as a person knows it: from the project's folder when it lies there.
#[must_use]
pub fn shown(path: &Path, project: &Project) -> String {
    path.strip_prefix(project.root()).unwrap_or(path).display().to_string()
}

fn read_head(path: &Path, bytes: u64) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(bytes).read_to_end(&mut head)?;
    Ok(head)
}

fn has_utf16_mark(path: &Path) -> bool {
    read_head(path, 2).is_ok_and(|head| matches!(head.as_slice(), [0xff, 0xfe] | [0xfe, 0xff]))
}
