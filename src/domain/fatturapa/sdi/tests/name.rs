//! Names of messages, and finding the invoice of one.

use super::super::test_support::sample;
use super::*;

#[test]
fn names_of_messages_have_three_parts() {
    let cases = [
        ("IT01234567897_00A01_RC_001.xml", Some(("IT01234567897_00A01", MessageKind::Rc, "001", false))),
        ("in/box\\IT01234567897_00A01_ns_1.XML", Some(("IT01234567897_00A01", MessageKind::Ns, "1", false))),
        ("IT01234567897_00A01_MC_00a (2).xml", Some(("IT01234567897_00A01", MessageKind::Mc, "00a", false))),
        ("IT01234567897_00A01_AT_001.zip", Some(("IT01234567897_00A01", MessageKind::At, "001", true))),
        ("IT01234567897_00A01.xml.p7m_RC_001.xml", Some(("IT01234567897_00A01", MessageKind::Rc, "001", false))),
        ("DE12_1_DT_ZZZ.xml", Some(("DE12_1", MessageKind::Dt, "ZZZ", false))),
        ("IT01234567897_00A01.xml", None),
        ("IT01234567897_RC_001.xml", None),
        ("IT01234567897_00A01_XX_001.xml", None),
        ("IT01234567897_00A01_RC_0001.xml", None),
        ("IT01234567897_00A01_RC_.xml", None),
        ("IT01234567897_00A01_RC_001.txt", None),
        ("è", None),
        ("", None),
    ];
    for (name, expected) in cases {
        let found = MessageName::parse(name);
        let parts = found
            .as_ref()
            .map(|found| (found.invoice.as_str(), found.kind, found.progressive.as_str(), found.is_archive));
        assert_eq!(parts, expected, "{name}");
    }
}

#[test]
fn a_name_means_one_file_whatever_its_envelope() {
    let long = "XI1234567890123456789012345678_12345.xml.p7m";
    let cases = [
        ("IT01234567897_00A01.xml", "IT01234567897_00A01.xml", true),
        ("IT01234567897_00A01.xml", "IT01234567897_00A01.xml.p7m", true),
        ("IT01234567897_00A01.xml.p7m", "IT01234567897_00A01.xml", true),
        ("IT01234567897_00A01.XML.P7M.p7m", "IT01234567897_00A01.xml", true),
        ("out/IT01234567897_00A01 (1).xml", "IT01234567897_00A01.xml", true),
        ("IT01234567897_00A01.xml", "IT01234567897_00A01", true),
        ("IT01234567897_00A01.zip", "IT01234567897_00A01.zip", true),
        ("IT01234567897_00A01.zip", "IT01234567897_00A01.xml", false),
        ("IT01234567897_00A01.xml", "IT01234567897_00A01.zip", false),
        ("IT01234567897_00A01.xml", "IT01234567897_00a01.xml", false),
        ("IT01234567897_00A01.xml", "IT01234567897_00A0.xml", false),
        ("IT01234567897_00A01.xml", "", false),
        (long, long, true),
        (long, "XI1234567890123456789012345678_12345", true),
        (long, "XI1234567890123456789012345678_1234", false),
        (long, "XI1234567890123456789012345678_12346", false),
        ("XI12345678901234567890123456_12345.xml.p7m", "XI12345678901234567890123456_12345.x", true),
    ];
    for (invoice, named, expected) in cases {
        assert_eq!(matches(invoice, named), expected, "{invoice} {named}");
    }
}

#[test]
fn the_name_goes_first_then_the_identifier_then_the_name_of_the_message() {
    let mut invoices = Invoices::new();
    let other = invoices.add("IT01234567897_PA999.xml.p7m", Some("9100000001"));
    let private = invoices.add("IT01234567897_0000A.xml", None);
    let public = invoices.add("IT01234567897_PA006.xml.p7m", None);
    assert_eq!(invoices.find(&sample("0000A_RC_001"), None), Some(private), "the name goes before the identifier");

    let nameless = sample("PA006_EC_001");
    assert_eq!(invoices.find(&nameless, None), None);
    assert_eq!(invoices.find(&nameless, Some("IT01234567897_PA006_EC_001.xml")), Some(public));
    invoices.learn(other, "300006");
    assert_eq!(invoices.find(&nameless, Some("IT01234567897_PA006_EC_001.xml")), Some(other));
    invoices.learn(99, "300005");
    assert_eq!(invoices.find(&sample("PA005_DT_001"), None), None);
}

#[test]
fn an_ambiguous_name_is_settled_by_the_identifier() {
    let mut invoices = Invoices::new();
    let mut message = sample("0000A_RC_001");
    message.nome_file = Some("XI1234567890123456789012345678_12345".to_owned());
    let first = invoices.add("XI1234567890123456789012345678_12345.xml", None);
    assert_eq!(invoices.find(&message, None), Some(first));
    let second = invoices.add("XI1234567890123456789012345678_123456.xml", None);
    assert_eq!(invoices.find(&message, None), None);
    invoices.learn(second, "9100000001");
    assert_eq!(invoices.find(&message, None), Some(second));
}
