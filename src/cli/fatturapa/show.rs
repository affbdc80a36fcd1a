//! `raccordo fatturapa show`: an invoice or a message of the exchange system for a person to read.
//!
//! Files are shown whatever is wrong with them: what the controls find stands on top.

use crate::cli::args::FatturaPaShowArgs;
use crate::cli::exit::{Exit, Failure};
use crate::cli::fatturapa::{content, put, single};
use crate::cli::{clock, talk};
use crate::domain::calendar::business_date;
use crate::domain::fatturapa::judge::judge_document;
use crate::domain::fatturapa::page;
use crate::domain::fatturapa::read::{self, ReadError};
use crate::domain::fatturapa::sdi::{self, MessageError};

/// Runs the command.
///
/// # Errors
/// The file cannot be read or is neither invoice nor message, or the page cannot be written.
pub fn command(args: &FatturaPaShowArgs) -> Result<Exit, Failure> {
    let file = single(&args.file)?;
    let xml = content(&args.file, &file)?;
    let wants_page = args.output.is_some();
    let shown = match sdi::read(&xml) {
        Ok(message) if wants_page => page::message_html(&message),
        Ok(message) => page::message_text(&message),
        Err(error) => invoice(&xml, wants_page).map_err(|other| unreadable(args, &error, &other))?,
    };
    match &args.output {
        Some(path) => put(path, shown.as_bytes())?,
        None => talk::data(&shown)?,
    }
    Ok(Exit::Done)
}

fn invoice(xml: &[u8], wants_page: bool) -> Result<String, ReadError> {
    let mut document = read::read(xml)?;
    let findings = judge_document(&mut document, Some(business_date(&clock::now())));
    Ok(if wants_page { page::html(&document.tree, &findings) } else { page::text(&document.tree, &findings) })
}

/// A message that is damaged says more by its own error than by not being an invoice.
fn unreadable(args: &FatturaPaShowArgs, message: &MessageError, invoice: &ReadError) -> Failure {
    let reason = match message {
        MessageError::Missing { .. } | MessageError::Value { .. } => message.to_string(),
        MessageError::Xml(_) | MessageError::NotAMessage { .. } => invoice.to_string(),
    };
    Failure::new(Exit::Wrong, format!("cannot show `{}`: {reason}", args.file.display()))
        .help("expected an electronic invoice or a message of the exchange system (SdI)")
}
