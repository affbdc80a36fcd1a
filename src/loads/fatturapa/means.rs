//! Means of payment as rows say them: the words of the trade, and those of the user before them.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text};
use crate::domain::fatturapa::codes::PaymentMethod;
use crate::domain::fatturapa::means::{method_of, normal};
use crate::loads::fatturapa::columns::{Column, canonical};
use crate::loads::fatturapa::rows::{Refusal, refusal};

/// Words that the user gave a code.
#[derive(Clone, Debug, Default)]
pub struct Means(HashMap<String, PaymentMethod>);

impl Means {
    /// Checks the words of the user.
    #[must_use]
    pub fn bind(written: &IndexMap<Text, Text>, cx: &BindCx) -> Self {
        let pairs = written.iter().filter_map(|(word, code)| Some((normal(word), bound(code, cx)?)));
        Self(pairs.collect())
    }

    /// The code of a word.
    ///
    /// # Errors
    /// It is none that is known.
    pub fn find(&self, written: &str) -> Result<PaymentMethod, Refusal> {
        let own = if self.0.is_empty() { None } else { self.0.get(&normal(written)).copied() };
        own.or_else(|| method_of(written)).ok_or_else(|| {
            let name = canonical(Column::PaymentMethod);
            let english = format!(
                "`{name}` says `{written}`, which is no known means of payment: write a code such as `MP05`, or say what it is in `payment_methods`"
            );
            let italian = format!(
                "`{name}` dice `{written}`, che non è un modo di pagamento noto: scrivere un codice come `MP05`, o dire qual è in `payment_methods`"
            );
            let (mut problem, value) = refusal("bad-code", english, italian, Some(written.to_owned()));
            problem.column = Some(name.to_owned());
            (problem, value)
        })
    }
}

/// The code of a word in the options; reports one that is none.
pub fn bound(text: &Text, cx: &BindCx) -> Option<PaymentMethod> {
    let method = method_of(text);
    if method.is_none() {
        let problem = Diagnostic::error(Code::BadValue, text.place(), format!("`{text}` is not a means of payment"));
        cx.report(problem.help(
            "use a code such as `MP08` (card), `MP05` (bank transfer), `MP01` (cash), or a word such as `card`, `bonifico`, `contrassegno`",
        ));
    }
    method
}
