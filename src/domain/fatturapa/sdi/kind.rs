//! The closed sets of messages: types, families, outcomes.
//!
//! Here: the enums and their letters. Not here: which elements a type has (`message`), what it means for an invoice
//! (`follow`).

/// The types of messages, as in their file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// The file is refused: the invoice counts as never issued.
    Ns,
    /// The invoice is delivered.
    Rc,
    /// Not delivered: between private parties it is put into the reserved area of the buyer; for a public body the
    /// system goes on trying.
    Mc,
    /// The public body accepted or refused, as told to the seller.
    Ne,
    /// The same as the public body sent it to the system.
    Ec,
    /// The system did not take the outcome that the public body sent.
    Se,
    /// The public body let its 15 days go by.
    Dt,
    /// Proof that the file was sent and could not be delivered.
    At,
    /// Metadata that come along with a received invoice.
    Mt,
}

impl MessageKind {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Ns, Self::Rc, Self::Mc, Self::Ne, Self::Ec, Self::Se, Self::Dt, Self::At, Self::Mt];

    /// The two letters.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ns => "NS",
            Self::Rc => "RC",
            Self::Mc => "MC",
            Self::Ne => "NE",
            Self::Ec => "EC",
            Self::Se => "SE",
            Self::Dt => "DT",
            Self::At => "AT",
            Self::Mt => "MT",
        }
    }

    /// The type with these two letters.
    #[must_use]
    pub fn from_letters(letters: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == letters)
    }
}

/// The two families of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Invoices between private parties (FPR12, FSM10).
    Private,
    /// Invoices to public bodies (FPA12).
    PublicBody,
}

/// What a public body decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Esito {
    /// EC01: accepted.
    Ec01,
    /// EC02: refused.
    Ec02,
}

/// Why the system did not take the outcome that a public body sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scarto {
    /// EN00: not in the right format.
    En00,
    /// EN01: not admissible.
    En01,
}
