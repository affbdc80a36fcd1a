//! How a list is paged.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::diag::{Placed, Text};

/// How a list is paged. A page that comes twice is an error: a platform that does not know a parameter gives the first page for
/// ever.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PagingSpec {
    /// It is not.
    None,
    /// By number: `?page=2`. Ends with a page that is empty or not full, or at the last one that the platform names.
    Page(PageSpec),
    /// By position: `?offset=100&limit=100`. Ends with a page that is empty or not full, or at the total.
    Offset(OffsetSpec),
    /// By a mark in the answer that the next request repeats. Ends where there is none.
    Cursor(CursorPaging),
    /// By the address of the next page in the answer. Ends where there is none.
    Next(NextSpec),
    /// By the header `Link` with `rel="next"`.
    Link(LinkSpec),
    /// By the key of the last record: `?starting_after=ch_12`. Ends with a page that is empty or not full.
    LastId(LastIdSpec),
}

/// Pages by number.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PageSpec {
    /// Parameter of the query with the number. Default: `page`. Bodies can use `{page}`.
    pub param: Option<Text>,
    /// Number of the first page. Default: 1.
    pub first: Option<u64>,
    /// Parameter with the number of records. Default: none is sent. Bodies can use `{limit}`.
    pub size_param: Option<Text>,
    /// Records of a full page. Default: 100 when `size_param` is given; else the length of the first page is taken.
    pub size: Option<Placed<u64>>,
    /// Where the answer has the number of the last page: a path, or `header X-Total-Pages`.
    pub last: Option<Text>,
    /// Whether the body says it, by `{page}`, and the query does not.
    pub in_body: bool,
}

/// Pages by position.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OffsetSpec {
    /// Parameter with the number of records to pass over. Default: `offset`. Bodies can use `{offset}`.
    pub param: Option<Text>,
    /// Parameter with the number of records. Default: `limit`. Bodies can use `{limit}`.
    pub size_param: Option<Text>,
    /// Records of a page. Default: 100.
    pub size: Option<Placed<u64>>,
    /// Where the answer has the number of all records: a path, or `header X-Total`.
    pub total: Option<Text>,
    /// Whether the body says them, by `{offset}` and `{limit}`, and the query does not.
    pub in_body: bool,
}

/// Pages by a mark.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CursorPaging {
    /// Where the answer has the mark: a path, or `header X-Next`.
    pub path: Text,
    /// Parameter of the query that repeats it. Default: none; bodies use `{cursor}`.
    #[serde(default)]
    pub param: Option<Text>,
    /// Where the answer says `true` when there is more.
    #[serde(default)]
    pub more: Option<Text>,
    /// Parameter with the number of records. Default: none is sent.
    #[serde(default)]
    pub size_param: Option<Text>,
    /// Records of a page. Default: 100.
    #[serde(default)]
    pub size: Option<Placed<u64>>,
    /// Whether the mark goes alone, without the rest of the query: platforms that keep the query with the mark.
    #[serde(default)]
    pub alone: bool,
}

/// Pages by address.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NextSpec {
    /// Where the answer has the address of the next page. It must be of the same host.
    pub path: Text,
}

/// Pages by the header `Link`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinkSpec {
    /// Parameter with the number of records. Default: none is sent.
    pub size_param: Option<Text>,
    /// Records of a page. Default: 100.
    pub size: Option<Placed<u64>>,
}

/// Pages by the last key.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LastIdSpec {
    /// Where a record has its key. Default: `id`.
    #[serde(default)]
    pub path: Option<Text>,
    /// Parameter of the query that repeats it. Default: none; bodies use `{cursor}`.
    #[serde(default)]
    pub param: Option<Text>,
    /// Where the answer says `true` when there is more.
    #[serde(default)]
    pub more: Option<Text>,
    /// Parameter with the number of records. Default: none is sent.
    #[serde(default)]
    pub size_param: Option<Text>,
    /// Records of a page. Default: 100.
    #[serde(default)]
    pub size: Option<Placed<u64>>,
}
