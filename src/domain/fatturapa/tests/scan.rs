//! Well-formed and not, and the shortcuts against the ordinary way.

use proptest::prelude::*;

use super::*;

/// The tokens of a text, in short: `(a`, `)`, texts as they are.
fn tokens(text: &str) -> Result<Vec<String>, XmlError> {
    let mut scanner = Scanner::new(text)?;
    let mut out = Vec::new();
    loop {
        match scanner.token()? {
            Token::Start(tag) => {
                let attributes: String = tag.attributes().map(|(name, value)| format!(" {name}={value}")).collect();
                out.push(format!("({}{attributes}", tag.name));
            }
            Token::End => out.push(")".to_owned()),
            Token::Text(text) | Token::CData(text) => out.push(text.into_owned()),
            Token::Eof => return Ok(out),
        }
    }
}

#[test]
fn what_is_well_formed_gives_its_tokens() {
    let cases: [(&str, &[&str]); 9] = [
        ("<a/>", &["(a", ")"]),
        ("<?xml version='1.0'?>\n<!-- a - b --><a ></a >\n<?x y?>\n", &["(a", ")"]),
        ("<p:a b='1' c = \"2'&lt;\"\n/>", &["(p:a b=1 c=2'<", ")"]),
        ("<a b='x&#9;\ty\r\nz'/>", &["(a b=x\t y z", ")"]),
        ("<a>1\r\n2\r3&#13;&#xe0;&amp;&apos;</a>", &["(a", "1\n2\n3\r\u{e0}&'", ")"]),
        ("<a>x<![CDATA[<&]]]]><!-- - -->y</a>", &["(a", "x", "<&]]", "y", ")"]),
        ("<a><b>]] ></b></a>", &["(a", "(b", "]] >", ")", ")"]),
        ("<à_1.b/>", &["(à_1.b", ")"]),
        ("<a b='>'><c/></a>", &["(a b=>", "(c", ")", ")"]),
    ];
    for (text, expected) in cases {
        assert_eq!(tokens(text).unwrap(), expected, "{text}");
    }
}

#[test]
fn what_is_not_well_formed_says_where_and_why() {
    let cases = [
        ("<a>\n<b></a>", 2, "expected `</b>`, found `</a>`"),
        ("<a>", 1, "the file ends before its root element does"),
        ("</a>", 1, "`</a>` ends nothing"),
        ("<a/>\n<b/>", 2, "a second root element `b`"),
        ("<a/>b", 1, "text outside of the root element"),
        ("<![CDATA[a]]><a/>", 1, "text outside of the root element"),
        ("<a b='1' b='2'/>", 1, "`<a>`: the attribute `b` stands there twice"),
        ("<a b=1/>", 1, "`<a>`: the value of `b` does not end, or has no quotes"),
        ("<a b/>", 1, "`<a>`: the attribute `b` has no value"),
        ("<a b='<'/>", 1, "`<a>`: `<` in the value of an attribute"),
        ("<a b='1'c='2'/>", 1, "`<a>`: an attribute that is none"),
        ("<a b='&c;'/>", 1, "`<a>`: the entity `c` is not one of XML"),
        ("<a", 1, "`<a>`: the tag does not end"),
        ("<a>&#0;</a>", 1, "the entity `#0` is not one of XML"),
        ("<a>&#xd800;</a>", 1, "the entity `#xd800` is not one of XML"),
        ("<a>&#+9;</a>", 1, "the entity `#+9` is not one of XML"),
        ("<a>b & c</a>", 1, "`&` that begins no reference"),
        ("<a>]]></a>", 1, "`]]>` in a text"),
        ("<a><!-- -- --></a>", 1, "`--` inside a comment"),
        ("<a><!-- ---></a>", 1, "`--` inside a comment"),
        ("<a>\n<!-- </a>", 2, "expected `-->` before the end of the file"),
        ("<a><?xml version='1.0'?></a>", 1, "`<?` that begins no instruction"),
        ("<a><1/></a>", 1, "`<` that begins no element"),
        ("<a><b:c:d/></a>", 1, "`<` that begins no element"),
        ("<a>\n\u{1}</a>", 2, "a character that XML does not have"),
        ("<a>\u{ffff}</a>", 1, "a character that XML does not have"),
    ];
    for (text, line, reason) in cases {
        let expected = XmlError::Malformed { line, reason: reason.to_owned() };
        assert_eq!(tokens(text), Err(expected.clone()), "{text}");
        assert_ne!(expected.message_it(), expected.to_string());
    }
    assert_eq!(tokens(" \n"), Err(XmlError::Empty));
    assert_eq!(tokens("\n<!doctype a><a/>"), Err(XmlError::Dtd { line: 2 }));
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(tokens(&deep(MOST_DEPTH)).is_ok());
    assert_eq!(tokens(&deep(MOST_DEPTH + 1)), Err(XmlError::TooDeep { line: 1 }));
}

#[test]
fn shortcuts_take_what_is_plain_and_leave_the_rest() {
    let inside = |text: &str| {
        let text = format!("<a>{text}</a>");
        let mut scanner = Scanner::new(&text).unwrap();
        scanner.token().unwrap();
        scanner.leaf("b").map(str::to_owned)
    };
    for (text, expected) in [
        ("<b>1 \u{e0}</b>", Some("1 \u{e0}")),
        ("<b></b>", Some("")),
        ("<b>1&amp;</b>", None),
        ("<b>1\r</b>", None),
        ("<b>]]></b>", None),
        ("<b>1</b >", None),
        ("<b>1</c>", None),
        ("<b><c/></b>", None),
        ("<b>1<!-- --></b>", None),
        ("<b>1", None),
    ] {
        assert_eq!(inside(text).as_deref(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn nothing_that_arrives_breaks_it(text in "[<>/!?&;#x a-c'\"=\\[\\]\\-:\r\n\u{e0}]{0,60}") {
        let _ = tokens(&text);
        let _ = tokens(&format!("<a>{text}</a>"));
        let _ = tokens(&format!("<a {text}/>"));
    }
}
