//! Damaged files by the million: whatever arrives, reading, unwrapping, judging and showing end without a panic, soon, and
//! in little memory.
//!
//! Two seconds by default, `RACCORDO_FUZZ_SECONDS` for more. The inputs are the same every time; a failure names the seed,
//! which `damaged` turns into the input again.

use std::path::Path;
use std::time::{Duration, Instant};

use chrono::DateTime;

use super::envelope::{Settings, content, judge_file};
use super::read::{Document, read, read_into};
use super::signature::Authorities;
use super::{page, sdi};

/// The longest input; what grows with the square of its size shows well below.
const MOST_BYTES: usize = 200_000;
/// Time for one input without optimisation on a busy machine.
const MOST_TIME: Duration = Duration::from_secs(10);
/// Pieces that mean something to one of the parsers.
const WORDS: &[&[u8]] = &[
    b"<",
    b">",
    b"/>",
    b"</",
    b"&",
    b"&#",
    b"&#x10ffff;",
    b"&amp;",
    b";",
    b"]]>",
    b"<![CDATA[",
    b"<!--",
    b"-->",
    b"<?",
    b"?>",
    b"<!DOCTYPE a [",
    b" xmlns=\"\"",
    b" xmlns:p=\"a\"",
    b"=",
    b"\"",
    b"'",
    b"\r\n",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\0",
    b"<FatturaElettronicaBody>",
    b"</DatiGenerali>",
    b"<DettaglioLinee>",
    b"<ds:Signature>",
    b"-",
    b".",
    b"0.00",
    b"1e9",
    b"99999999999.99999999",
    b"2026-02-29",
    b"\x30\x80",
    b"\x00\x00",
    b"\x24\x80",
    b"\x04\x82\xff\xff",
    b"\x30\x84\xff\xff\xff\xff",
    b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01",
    b"\xa0\x80",
    b"MIIB",
    b"-----BEGIN PKCS7-----\n",
    b"\xc3\xa0",
    b"\xe2\x82\xac",
];

/// Numbers that look random and are the same every time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.roll() % limit.max(1) as u64).unwrap()
    }

    /// A range within so many bytes, short as a rule.
    fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length + 1);
        let most = if self.below(4) == 0 { length } else { 40 };
        start..length.min(start + self.below(most + 1))
    }
}

/// Every file below the test data.
fn corpus() -> Vec<Vec<u8>> {
    fn collect(folder: &Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() { collect(&entry.path(), files) } else { files.push(entry.path()) }
        }
    }
    let mut files = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/fatturapa"), &mut files);
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

/// An input: a file of the corpus, damaged up to eight times.
fn damaged(seed: u64, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut dice = Dice(seed);
    let mut bytes = corpus[dice.below(corpus.len())].clone();
    for _ in 0..=dice.below(8) {
        let range = dice.range(bytes.len());
        let at = range.start;
        match dice.below(9) {
            0 if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            1 if at < bytes.len() => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
            2 => drop(bytes.drain(range)),
            3 => bytes.truncate(at),
            4 => {
                let most = if dice.below(8) == 0 { 4000 } else { 3 };
                let times = 1 + dice.below(most).min(MOST_BYTES / range.len().max(1));
                let piece = bytes[range].repeat(times);
                bytes.splice(at..at, piece);
            }
            5 => {
                let other = &corpus[dice.below(corpus.len())];
                let piece = other[dice.range(other.len())].to_vec();
                bytes.splice(range, piece);
            }
            6 => {
                let word =
                    WORDS[dice.below(WORDS.len())].repeat(1 + if dice.below(16) == 0 { dice.below(3000) } else { 0 });
                bytes.splice(range, word);
            }
            7 => {
                use base64::Engine as _;
                bytes = base64::engine::general_purpose::STANDARD.encode(&bytes).into_bytes();
            }
            _ => drop(bytes.splice(at..at, *WORDS[dice.below(WORDS.len())].first_chunk::<1>().unwrap())),
        }
        bytes.truncate(MOST_BYTES);
    }
    bytes
}

/// Says which input it was when something panics.
struct Witness(u64);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let seed = self.0;
            let _ =
                std::io::Write::write_all(&mut std::io::stderr(), format!("seed of the input: {seed}\n").as_bytes());
        }
    }
}

fn judge_everything(bytes: &[u8], settings: &Settings, memory: &mut Document) {
    let (verdict, _) = judge_file("IT01234567897_00001.xml.p7m", bytes, settings, memory);
    let said: usize =
        verdict.findings.iter().map(|found| found.message_it.len() + found.path.len() + found.value.len()).sum();
    assert!(said <= 1_000_000 + 200 * bytes.len(), "{said} bytes of findings about {} bytes", bytes.len());
    let _ = sdi::read(bytes).map(|message| (page::message_text(&message), page::message_html(&message)));
    let Ok(xml) = content(bytes) else { return };
    assert!(xml.len() <= bytes.len());
    let _ = sdi::read(&xml);
    if read_into(&xml, memory).is_ok() {
        let _ = page::text(&memory.tree, &verdict.findings);
        let _ = page::html(&memory.tree, &verdict.findings);
        let mut again = Vec::new();
        memory.tree.write(&mut again);
        let again = read(&again).map(|document| document.tree);
        assert!(again.as_ref() == Ok(&memory.tree), "what is written is not what was read: {again:?}");
    }
}

/// Megabytes that the process held at most; none where the system does not say.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_ascii_whitespace().next()?.parse::<usize>().ok().map(|kilobytes| kilobytes / 1024)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the one place where tests are told to take longer")]
fn damaged_files_break_nothing() {
    let seconds = std::env::var("RACCORDO_FUZZ_SECONDS").ok().map_or(2, |seconds| seconds.parse().unwrap());
    let corpus = corpus();
    let at = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
    let authorities = Authorities::read(
        &std::fs::read(format!("{}/tests/data/fatturapa/firma/rsa.pem", env!("CARGO_MANIFEST_DIR"))).unwrap(),
    );
    let settings = Settings { received: at.date_naive(), received_at: at, names: true, authorities };
    let (begun, mut memory, before) = (Instant::now(), Document::default(), peak());
    let mut seed = 0;
    while begun.elapsed() < Duration::from_secs(seconds) {
        let witness = Witness(seed);
        let bytes = damaged(seed, &corpus);
        let started = Instant::now();
        judge_everything(&bytes, &settings, &mut memory);
        assert!(started.elapsed() < MOST_TIME, "{} bytes took {:?}", bytes.len(), started.elapsed());
        drop(witness);
        seed += 1;
    }
    assert!(seed > 20, "only {seed} inputs");
    // Other tests run beside: only what is far beyond them counts.
    if let (Some(before), Some(after)) = (before, peak()) {
        assert!(after < before + 1024, "{before} MB before, {after} MB after");
    }
}
