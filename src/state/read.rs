//! Reading the register: rows of the database to documents. What writes is in `issuing` and `follow`.

use std::collections::HashMap;
use std::path::PathBuf;

use chrono::NaiveDate;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

use super::document::{DocumentFile, DocumentKey, Gap, GapReason, IssuedDocument, Pending, RegisterKey, Status};

/// Documents with the file that stands for each; the column order is that of [`document`].
const DOCUMENTS: &str = "SELECT f.sender, f.progressive, f.name, f.content_hash, f.staged_folder, f.target_folder,
    d.seller, d.kind, d.order_key, d.series, d.number, d.numero, d.date, f.attempt, f.status, f.status_on, f.run,
    f.position, f.body_hash
    FROM documents d JOIN files f ON f.id = d.file";

/// The document of a key.
pub(super) fn find(connection: &Connection, key: &DocumentKey) -> rusqlite::Result<Option<IssuedDocument>> {
    let sql = format!("{DOCUMENTS} WHERE d.seller = ?1 AND d.kind = ?2 AND d.order_key = ?3");
    connection.prepare_cached(&sql)?.query_row([&key.seller, &key.kind, &key.order], document).optional()
}

/// Whether a seller has any document of a kind.
pub(super) fn has_any(connection: &Connection, seller: &str, kind: &str) -> rusqlite::Result<bool> {
    let sql = "SELECT 1 FROM documents WHERE seller = ?1 AND kind = ?2 LIMIT 1";
    connection.prepare_cached(sql)?.exists([seller, kind])
}

/// The documents of those `orders` that have one, by order. Its cost follows the number of orders asked for, not the
/// size of the register.
pub(super) fn find_many<'k>(
    connection: &Connection,
    seller: &str,
    kind: &str,
    orders: impl IntoIterator<Item = &'k str>,
) -> rusqlite::Result<HashMap<String, IssuedDocument>> {
    let sql = format!("{DOCUMENTS} WHERE d.seller = ?1 AND d.kind = ?2 AND d.order_key = ?3");
    let mut statement = connection.prepare_cached(&sql)?;
    let mut found = HashMap::new();
    for order in orders {
        if let Some(document) = statement.query_row([seller, kind, order], document).optional()? {
            found.insert(order.to_owned(), document);
        }
    }
    Ok(found)
}

/// All documents of a register, by number.
pub(super) fn register(connection: &Connection, register: &RegisterKey) -> rusqlite::Result<Vec<IssuedDocument>> {
    let sql = format!("{DOCUMENTS} WHERE d.seller = ?1 AND d.series = ?2 AND d.year = ?3 ORDER BY d.number");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map((&register.seller, &register.series, register.year), document)?.collect()
}

/// What was recorded and not confirmed, in the order of recording.
pub(super) fn pending(connection: &Connection) -> rusqlite::Result<Vec<Pending>> {
    let mut statement = connection.prepare(&format!("{DOCUMENTS} WHERE f.status = 'staged' ORDER BY f.id"))?;
    let rows = statement.query_map([], |row| {
        let IssuedDocument { key, numero, file, .. } = document(row)?;
        Ok(Pending { run: row.get(16)?, key, numero, file })
    })?;
    rows.collect()
}

/// How many documents a file holds.
pub(super) fn members(connection: &Connection, file_name: &str) -> rusqlite::Result<u32> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM files WHERE name = ?1")?;
    statement.query_row([file_name], |row| row.get(0))
}

/// The documents of a seller that somebody may have to act upon, by number: refused ones, those that the buyer must be told
/// of, and those without an answer that were recorded by `silent_since`.
pub(super) fn open_ends(
    connection: &Connection,
    seller: &str,
    silent_since: NaiveDate,
) -> rusqlite::Result<Vec<IssuedDocument>> {
    let sql = format!(
        "{DOCUMENTS} WHERE d.seller = ?1 AND (f.status IN ('refused', 'refused_by_body', 'made_available')
         OR (f.status = 'issued' AND date(f.recorded_at) <= ?2)) ORDER BY d.year, d.series, d.number"
    );
    let mut statement = connection.prepare(&sql)?;
    statement.query_map((seller, silent_since.to_string()), document)?.collect()
}

/// How many documents of a seller stand at each status.
pub(super) fn standing(connection: &Connection, seller: &str) -> rusqlite::Result<Vec<(Status, u64)>> {
    let sql = "SELECT f.status, count(*) FROM documents d JOIN files f ON f.id = d.file WHERE d.seller = ?1
               GROUP BY f.status";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([seller], |row| Ok((parsed(row, 0, Status::from_word)?, unsigned(row, 1)?)))?;
    rows.collect()
}

/// The numbers without an issued document among those of `documents`, which are one register by number.
pub(super) fn gaps(documents: Vec<IssuedDocument>) -> Vec<Gap> {
    let mut gaps = Vec::new();
    let mut expected = documents.first().map_or(0, |first| first.number);
    for document in documents {
        gaps.extend((expected..document.number).map(|number| Gap { number, reason: GapReason::Missing }));
        expected = document.number + 1;
        if let Some(resend_until) = document.resend_until() {
            let reason = GapReason::Refused { order: document.key.order, resend_until };
            gaps.push(Gap { number: document.number, reason });
        }
    }
    gaps
}

fn document(row: &Row<'_>) -> rusqlite::Result<IssuedDocument> {
    let file = DocumentFile {
        sender: row.get(0)?,
        progressive: unsigned(row, 1)?,
        name: row.get(2)?,
        content_hash: parsed(row, 3, from_hex)?,
        position: row.get(17)?,
        body_hash: row.get_ref(18)?.as_str_or_null()?.map(|_| parsed(row, 18, from_hex)).transpose()?,
        staged_folder: PathBuf::from(row.get::<_, String>(4)?),
        target_folder: PathBuf::from(row.get::<_, String>(5)?),
    };
    Ok(IssuedDocument {
        key: DocumentKey { seller: row.get(6)?, kind: row.get(7)?, order: row.get(8)? },
        series: row.get(9)?,
        number: unsigned(row, 10)?,
        numero: row.get(11)?,
        date: parsed(row, 12, day)?,
        file,
        attempt: row.get(13)?,
        status: parsed(row, 14, Status::from_word)?,
        status_on: row.get_ref(15)?.as_str_or_null()?.map(|_| parsed(row, 15, day)).transpose()?,
    })
}

pub(super) fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// A text column that must have a certain form; that it has not means the file was changed by other hands.
pub(super) fn parsed<T>(row: &Row<'_>, index: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text = row.get_ref(index)?.as_str()?;
    let wrong = || format!("`{text}` is not of the form of its column").into();
    parse(text).ok_or_else(|| rusqlite::Error::FromSqlConversionFailure(index, Type::Text, wrong()))
}

/// A number of ours; SQLite has signed ones only.
pub(super) fn unsigned(row: &Row<'_>, index: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(index)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(index, value))
}

/// A number as SQLite keeps it.
pub(super) fn signed(number: u64) -> rusqlite::Result<i64> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// The hash as `sha256sum` prints it.
pub(super) fn to_hex(hash: &[u8; 32]) -> String {
    const DIGITS: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'];
    hash.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).collect()
}

fn from_hex(text: &str) -> Option<[u8; 32]> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut hash = [0; 32];
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    if pairs.len() != hash.len() {
        return None;
    }
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(hash)
}
