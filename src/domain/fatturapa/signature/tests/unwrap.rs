//! Envelopes of every shape, and hostile ones.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::super::der::{OCTET_STRING, context, oid, sequence, write};
use super::super::{Authorities, UnwrapError, cms, oid as id, unwrap, xades};
use super::{envelope, opened, sample};

/// An element without a length.
fn streamed(tag: u8, content: &[u8]) -> Vec<u8> {
    [&[tag, 0x80], content, &[0, 0]].concat()
}

/// An envelope without signers, its content in pieces, nothing with a length.
fn pieces(pieces: &[&[u8]]) -> Vec<u8> {
    let pieces: Vec<u8> = pieces.iter().flat_map(|piece| write(OCTET_STRING, piece)).collect();
    let inside = streamed(context(0), &streamed(0x24, &pieces));
    let block = streamed(0x30, &[oid(id::DATA), inside].concat());
    let data = streamed(0x30, &[write(0x02, &[1]), write(0x31, &[]), block].concat());
    streamed(0x30, &[oid(id::SIGNED_DATA), streamed(context(0), &data)].concat())
}

#[test]
fn a_plain_file_is_handed_back_as_it_is() {
    for plain in [&b"<a/>"[..], b"\xef\xbb\xbf<a/>", b"\r\n <a/>", b"\xff\xfe<\0a\0", b"\xfe\xff\0<\0a", b"<\0?\0"] {
        let content = opened(plain);
        assert!(matches!(content.xml, Cow::Borrowed(xml) if xml == plain));
        assert!(content.layers.is_empty() && !content.truncated);
    }
}

#[test]
fn every_shape_gives_the_same_content() {
    let der = envelope();
    let line = STANDARD.encode(&der);
    let wrap =
        |end: &str| line.as_bytes().chunks(76).map(|part| String::from_utf8_lossy(part) + end).collect::<String>();
    let armoured = format!("-----BEGIN PKCS7-----\n{}-----END PKCS7-----\n", wrap("\n"));
    let shapes = [line.clone(), wrap("\n"), wrap("\r\n"), wrap(" \n "), armoured, STANDARD.encode(&line)];
    for shape in shapes {
        let content = opened(shape.as_bytes());
        assert_eq!(&*content.xml, b"<a>1</a>", "{shape}");
        assert_eq!(content.layers[0].envelope, der);
    }
    assert!(matches!(opened(&der).xml, Cow::Borrowed(b"<a>1</a>")));
    assert_eq!(&*opened(STANDARD.encode("<a/>").as_bytes()).xml, b"<a/>");
}

#[test]
fn pieces_are_joined_and_an_early_end_is_said() {
    let whole = pieces(&[b"<a>", b"1", b"</a>"]);
    let content = opened(&whole);
    assert_eq!((&*content.xml, content.truncated), (&b"<a>1</a>"[..], false));
    assert_eq!(&*content.layers[0].content(), b"<a>1</a>");
    let content = opened(&whole[..whole.len() - 12]);
    assert!(content.truncated && content.xml.starts_with(b"<a>1"));
    let der = envelope();
    let content = opened(&der[..der.len() - 100]);
    assert_eq!((&*content.xml, content.truncated), (&b"<a>1</a>"[..], true));
}

#[test]
fn what_follows_a_wrong_length_is_not_content() {
    let mut bytes = pieces(&[b"<a>1", b"23</a>", b"<!-- -->"]);
    let place = bytes.windows(4).position(|part| part == b"<a>1").unwrap();
    bytes.insert(place + 3, b'0');
    let content = opened(&bytes);
    assert_eq!((&*content.xml, content.truncated), (&b"<a>0"[..], true));
}

#[test]
fn samples_of_other_makers_open() {
    for (name, layers) in [("00005.xml.p7m", 1), ("00006.xml.p7m.p7m", 2), ("00007.xml.p7m", 1), ("00012.xml.p7m", 1)] {
        let bytes = sample(&format!("p7m/IT01234567897_{name}"));
        let content = opened(&bytes);
        assert_eq!((content.layers.len(), content.truncated), (layers, false), "{name}");
        assert!(content.xml.trim_ascii_end().ends_with(b">"), "{name}");
    }
    assert!(opened(&sample("p7m/IT01234567897_00009.xml.p7m")).truncated);
}

#[test]
fn what_has_no_content_says_why() {
    let nothing = sequence(&[&oid(id::SIGNED_DATA), &write(context(0), &sequence(&[&sequence(&[&oid(id::DATA)])]))]);
    let cases = [
        (sample("p7m/IT01234567897_00008.xml.p7m"), UnwrapError::Detached),
        (nothing, UnwrapError::Detached),
        (Vec::new(), UnwrapError::Empty),
        (b" \n".to_vec(), UnwrapError::Empty),
        (b"ciao".to_vec(), UnwrapError::Unknown),
        (b"%PDF-1.7".to_vec(), UnwrapError::Unknown),
        (pieces(&[b"%PDF-1.7"]), UnwrapError::NotXml),
        ((0..6).fold(b"<a/>".to_vec(), |inner, _| pieces(&[&inner])), UnwrapError::TooDeep),
    ];
    for (bytes, error) in cases {
        assert_eq!(unwrap(&bytes).unwrap_err(), error);
        assert_ne!(error.message_it(), error.to_string());
    }
}

#[test]
fn elements_inside_elements_without_end_take_no_time() {
    for head in [&[0x30, 0x80][..], &[0x24, 0x80], &[0xa0, 0x80], &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]] {
        let mut bytes = pieces(&[b"<a/>"]);
        bytes.truncate(60);
        bytes.extend(head.iter().copied().cycle().take(1 << 20));
        let _ = unwrap(&bytes);
        let _ = unwrap(&bytes[30..]);
    }
}

fn look_at_everything(bytes: &[u8]) {
    if let Ok(content) = unwrap(bytes) {
        assert!(content.xml.len() <= bytes.len());
        for layer in &content.layers {
            let _ = cms::verify(layer, &Authorities::default()).problems(None);
        }
        let _ = xades::verify(&content.xml, &Authorities::default());
    }
    let _ = Authorities::read(bytes);
    let _ = xades::verify(bytes, &Authorities::default());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_that_arrives_breaks_it(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        look_at_everything(&bytes);
        look_at_everything(&[&[0x30, 0x80], bytes.as_slice()].concat());
    }

    #[test]
    fn a_damaged_envelope_breaks_nothing(
        damage in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..6),
        length in 0_usize..4000,
        is_streamed in any::<bool>(),
    ) {
        let mut bytes = if is_streamed { sample("p7m/IT01234567897_00005.xml.p7m") } else { envelope() };
        for (at, byte) in damage {
            let place = at % bytes.len();
            bytes[place] = byte;
        }
        bytes.truncate(length.max(1));
        look_at_everything(&bytes);
    }

    #[test]
    fn a_damaged_signed_document_breaks_nothing(at in any::<usize>(), byte in any::<u8>(), length in 1_usize..4000) {
        let mut bytes = sample("firma/xades-exclusive.xml");
        let place = at % bytes.len();
        bytes[place] = byte;
        bytes.truncate(length);
        look_at_everything(&bytes);
    }
}
