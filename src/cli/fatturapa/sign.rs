//! `raccordo fatturapa sign`: CAdES-BES signatures with a key of the user.

use std::path::Path;

use crate::cli::args::FatturaPaSignArgs;
use crate::cli::clock;
use crate::cli::exit::{Exit, Failure};
use crate::cli::fatturapa::put;
use crate::cli::talk;
use crate::domain::fatturapa::name::{base, may_be_document};
use crate::domain::fatturapa::signature::{Signing, unwrap};
use crate::io::bundle::Bundle;

/// Runs the command.
///
/// # Errors
/// The store cannot be opened, a file cannot be read, signed or written.
pub fn command(args: &FatturaPaSignArgs) -> Result<Exit, Failure> {
    let signing = signing(&args.pkcs12, &args.password_file)?;
    let mut signed = 0;
    for item in Bundle::new(args.paths.iter().cloned(), may_be_document) {
        let wrong = |reason: String| Failure::new(Exit::Failed, format!("`{}`: {reason}", item.name));
        let bytes = item.content.as_ref().map_err(|error| wrong(error.to_string()))?;
        let content = unwrap(bytes).map_err(|error| wrong(error.to_string()))?;
        if !content.layers.is_empty() {
            talk::line(&format!("{}: signed already, left as it is", item.name));
            continue;
        }
        let envelope = signing.sign(&content.xml, clock::now()).map_err(|error| wrong(error.to_string()))?;
        let base = base(&item.name);
        put(&args.output.join(format!("{base}.p7m")), &envelope)?;
        signed += 1;
    }
    talk::line(&format!("{} signed into {}", talk::counted(signed, "file"), args.output.display()));
    Ok(Exit::Done)
}

/// The key of a store. The password is the first line of a file, so that it is in no list of processes and no history.
fn signing(store: &Path, password_file: &Path) -> Result<Signing, Failure> {
    let read = |path: &Path| {
        std::fs::read(path)
            .map_err(|error| Failure::new(Exit::Wrong, format!("cannot read `{}`: {error}", path.display())))
    };
    let password = String::from_utf8_lossy(&read(password_file)?).lines().next().unwrap_or_default().to_owned();
    Signing::from_pkcs12(&read(store)?, &password)
        .map_err(|error| Failure::new(Exit::Wrong, format!("`{}`: {error}", store.display())))
}
