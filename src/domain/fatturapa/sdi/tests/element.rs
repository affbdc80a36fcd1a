//! Hostile and broken files.

use super::*;

fn line_of(xml: &str) -> String {
    parse(xml.as_bytes()).unwrap_err().to_string()
}

#[test]
fn foreign_definitions_are_refused() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]>\n<a>&c;</a>";
    assert_eq!(line_of(bomb), "line 2: a document type declaration (DTD) is not admitted");
    let external = "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>";
    assert_eq!(line_of(external), "line 1: a document type declaration (DTD) is not admitted");
    assert_eq!(line_of("<a>\n&c;</a>"), "line 2: not well-formed XML: the entity `c` is not one of XML");
    assert!(parse(b"<a b='&c;'/>").is_err());
}

#[test]
fn caps_hold() {
    let deep = |depth: usize, name: &str| format!("<r>{}", format!("<{name}>").repeat(depth));
    assert_eq!(line_of(&deep(64, "a")), "line 1: elements nested more than 64 deep");
    assert_eq!(line_of(&deep(64, "Signature")), "line 1: elements nested more than 64 deep");
    let nested = format!("{}{}</r>", deep(63, "a"), "</a>".repeat(63));
    assert!(parse(nested.as_bytes()).is_ok());
    let many = format!("<r>{}</r>", "<a/>".repeat(MOST_ELEMENTS));
    assert_eq!(line_of(&many), "line 1: more than 20000 elements");
    assert_eq!(parse(&vec![b' '; MOST_BYTES + 1]), Err(ElementError::TooLarge { bytes: MOST_BYTES + 1 }));
    let attributes: String = (0..5000).map(|index| format!(" a{index}='1'")).collect();
    assert_eq!(
        line_of(&format!("<r{attributes}/>")),
        "line 1: not well-formed XML: `<r>`: attributes of more than 8192 bytes"
    );
}

#[test]
fn broken_files_say_what_is_wrong() {
    let not_xml = |found| Err(ElementError::NotXml { found });
    assert_eq!(parse(b""), Err(XmlError::Empty.into()));
    assert_eq!(parse(b"\xef\xbb\xbf \n"), Err(XmlError::Empty.into()));
    assert_eq!(line_of("ciao"), "line 1: not well-formed XML: text outside of the root element");
    assert_eq!(parse(b"0\x82\x10\x00"), not_xml("a signed file (.p7m): take the content out first"));
    // A wrong or unknown encoding is no reason to lose a message.
    assert_eq!(parse(b"<a>\xe0</a>").unwrap().text, "\u{e0}");
    assert_eq!(parse(b"<?xml version='1.0' encoding='klingon'?><a>\xe0</a>").unwrap().text, "\u{e0}");
    for xml in ["<a>", "<a></b>", "<a/><b/>", "<a/>b", "<!-- -->", "<a", "<a b='1' b='2'/>", "<a>&#0;</a>"] {
        assert!(matches!(parse(xml.as_bytes()), Err(ElementError::Xml(XmlError::Malformed { line: 1, .. }))), "{xml}");
    }
}

#[test]
fn text_is_joined_and_the_signature_left_out() {
    let xml = "<?xml version='1.0' encoding='utf-16'?>\n<x:a xmlns:x='n' xmlns='m' x:c='1 &lt; 2'><b> 5 &#38;\
               <![CDATA[ <6> ]]><!-- no -->&gt;</b><Signature><b>7</b></Signature><e/></x:a>\n<!-- end -->";
    let root = parse(xml.as_bytes()).unwrap();
    assert_eq!((root.name.as_str(), root.namespace.as_deref()), ("a", Some("n")));
    assert_eq!(root.attribute("c"), Some("1 < 2"));
    assert_eq!(root.attributes.len(), 1);
    assert_eq!(root.value("b"), Some("5 & <6> >"));
    assert_eq!(root.value("e"), None);
    assert_eq!(root.children.len(), 2);
}
