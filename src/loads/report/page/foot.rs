//! The end of a page: where its numbers come from, and who has seen them.

use std::fmt::Write as _;

use crate::loads::report::page::Page;
use crate::loads::report::page::escape::escaped;

impl Page<'_> {
    pub(super) fn foot(&mut self) {
        let origin = &self.document.origin;
        let at = self.document.style().instant(origin.at, true);
        let utc = crate::loads::report::value::Value::Instant(origin.at).plain();
        let mut facts = vec![
            (self.say("Esecuzione", "Run"), origin.run.clone()),
            (self.say("Istante", "Instant"), format!("{at} ({utc})")),
            ("Pipeline", origin.pipeline.clone()),
            (self.say("Versione delle regole", "Version of the rules"), origin.fingerprint.clone()),
            ("raccordo", env!("CARGO_PKG_VERSION").to_owned()),
        ];
        let params: Vec<String> = origin.params.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        facts.push((self.say("Parametri", "Parameters"), params.join(", ")));
        let _ = write!(self.out, "<footer>\n<h2>{}</h2>\n<dl>", self.say("Provenienza e firma", "Origin and sign-off"));
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(self.out, "<dt>{name}</dt><dd>{}</dd>", escaped(value));
        }
        self.push("</dl>\n");
        self.inputs();
        let _ = write!(
            self.out,
            "<div class=\"sign\"><div>{}</div><div>{}</div><div>{}</div></div>\n</footer>\n",
            self.say("Nome", "Name"),
            self.say("Data", "Date"),
            self.say("Firma", "Signature")
        );
    }

    fn inputs(&mut self) {
        let inputs = &self.document.origin.inputs;
        if inputs.is_empty() {
            return;
        }
        let title = self.say("File letti", "Files that were read");
        let _ = write!(
            self.out,
            "<details><summary>{title} ({})</summary><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{title}\">\
             <table class=\"plain\"><caption class=\"vh\">{title}</caption><thead><tr><th scope=\"col\">File</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">SHA-256</th></tr></thead><tbody>",
            inputs.len(),
            self.say("Tabella", "Table")
        );
        for (path, table, hash) in inputs {
            let short = hash.get(..16).unwrap_or(hash);
            let _ = write!(
                self.out,
                "<tr><td>{}</td><td>{}</td><td><code title=\"{}\">{}</code></td></tr>",
                escaped(path),
                escaped(table),
                escaped(hash),
                escaped(short)
            );
        }
        self.push("</tbody></table></div></details>\n");
    }
}
