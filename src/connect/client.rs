//! Requests of a connection: signed, paced, tried again when that is safe, their answers judged.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::connect::answers::{Judgement, judge};
use crate::connect::auth::{Token, sign, token_request};
use crate::connect::connection::Connection;
use crate::connect::spec::auth::AuthSpec;
use crate::connect::spec::read::{RuleSpec, Verdict};
use crate::context::{NodeError, Retry};
use crate::diag::Code;
use crate::domain::calendar::duration::parse_duration;
use crate::io::http::{Answer, Door, Failure, Method, Policy, Request};
use crate::io::secret::hide;

/// When the next request of an account may go, for all tables and loads of this process.
static PACES: LazyLock<Mutex<BTreeMap<String, Instant>>> = LazyLock::new(Mutex::default);

/// How often a waiting request looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Sends requests of a connection.
pub struct Client {
    /// The connection.
    pub connection: Arc<Connection>,
    door: Door,
    policy: Policy,
    interval: Duration,
    token: Mutex<Option<Token>>,
}

/// A request and how its answers are understood.
#[derive(Clone)]
pub struct Asked<'r> {
    /// What is sent.
    pub request: Request,
    /// Rules before those of the connector.
    pub rules: &'r [RuleSpec],
    /// Whether it may be sent again when its answer was lost: it only reads, or the platform knows it again.
    pub repeatable: bool,
}

/// What came of a request.
#[derive(Debug)]
pub enum Reply {
    /// The platform did it; nothing where the rules say that there is nothing.
    Done(Option<Answer>),
    /// It said no, to this request or to all of them.
    Refused {
        /// Why.
        message: String,
        /// Its status.
        status: u16,
        /// Whether it concerns all requests.
        stop: bool,
    },
    /// No answer is known.
    Unknown(Failure),
    /// It was not sent.
    NotSent,
}

impl Client {
    /// A client with the limits of the connector.
    ///
    /// # Errors
    /// The network cannot be used.
    pub fn open(connection: Arc<Connection>) -> Result<Self, NodeError> {
        let limits = &connection.connector.limits;
        let timeout = limits.timeout.as_ref().and_then(|text| parse_duration(text)).unwrap_or(Duration::from_mins(1));
        let attempts = limits.attempts.map_or(6, |attempts| attempts.value.clamp(1, 100));
        let parallel = limits.parallel.map_or(4, |parallel| parallel.value.clamp(1, 64)) as usize;
        let policy = Policy { timeout, attempts, parallel };
        let rate = |count: u32, over: u64| Duration::from_micros(over * 1_000_000 / u64::from(count.max(1)));
        let second = limits.per_second.map(|count| rate(count.value, 1));
        let minute = limits.per_minute.map(|count| rate(count.value, 60));
        let interval = second.into_iter().chain(minute).max().unwrap_or_default();
        let door =
            Door::open(policy.clone()).map_err(|failure| NodeError::new(Code::SourceFailed, failure.to_string()))?;
        Ok(Self { connection, door, policy, interval, token: Mutex::default() })
    }

    /// How many requests are on their way at once.
    #[must_use]
    pub fn parallel(&self) -> usize {
        self.policy.parallel
    }

    /// Sends requests, some at a time; `each` gets the number of each and what came of it.
    pub fn send(&self, asked: Vec<Asked<'_>>, cancelled: &Arc<AtomicBool>, mut each: impl FnMut(usize, Reply)) {
        let mut open: Vec<Open<'_>> =
            asked.into_iter().enumerate().map(|(number, asked)| Open::new(number, asked)).collect();
        while !open.is_empty() {
            let now = open.drain(..open.len().min(self.policy.parallel)).collect::<Vec<_>>();
            let mut again = self.round(now, cancelled, &mut each);
            let pause = again.iter().map(|(_, delay)| *delay).max();
            open.extend(again.drain(..).map(|(open, _)| open));
            if let Some(pause) = pause.filter(|pause| !pause.is_zero()) {
                // What one request is asked to wait, all do.
                self.hold(pause);
            }
        }
    }

    /// Sends one request.
    pub fn ask(&self, asked: Asked<'_>, cancelled: &Arc<AtomicBool>) -> Reply {
        let mut reply = Reply::NotSent;
        self.send(vec![asked], cancelled, |_, came| reply = came);
        reply
    }

    /// One sending of some requests; those that are to be sent again come back, with how long to wait.
    fn round<'r>(
        &self,
        mut now: Vec<Open<'r>>,
        cancelled: &Arc<AtomicBool>,
        each: &mut impl FnMut(usize, Reply),
    ) -> Vec<(Open<'r>, Duration)> {
        let token = match self.token(cancelled) {
            Ok(token) => token,
            Err(reply) => {
                for open in now {
                    each(open.number, reply.clone_for_all());
                }
                return Vec::new();
            }
        };
        if !self.wait(now.len(), cancelled) {
            for open in now {
                each(open.number, open.not_sent());
            }
            return Vec::new();
        }
        let mut signed = Vec::new();
        for open in &mut now {
            open.attempts += 1;
            let mut request = open.asked.request.clone();
            sign(&self.connection, token.as_ref(), &mut request);
            signed.push(request);
        }
        let mut came: Vec<Option<Result<Answer, Failure>>> = now.iter().map(|_| None).collect();
        self.door.send_once(signed, |number, result| came[number] = Some(result));
        let mut again = Vec::new();
        let mut renewed = false;
        for (mut open, came) in now.into_iter().zip(came) {
            match came {
                None => each(open.number, Reply::NotSent),
                Some(Err(mut failure)) => {
                    open.reached |= !failure.unsent;
                    failure.unsent = !open.reached;
                    let safe = open.asked.repeatable || failure.unsent;
                    match self.policy.delay(open.attempts, None, open.asked.request.token()).filter(|_| safe) {
                        Some(delay) => again.push((open, delay)),
                        None => each(open.number, Reply::Unknown(failure)),
                    }
                }
                Some(Ok(answer)) => {
                    let rules = open.asked.rules.iter().chain(&self.connection.connector.errors);
                    let judged = judge(&answer, rules);
                    if let Some((open, delay)) = self.settle(open, answer, judged, &mut renewed, each) {
                        again.push((open, delay));
                    }
                }
            }
        }
        again
    }

    /// What follows from an answer; the request comes back when it is to be sent again.
    fn settle<'r>(
        &self,
        mut open: Open<'r>,
        answer: Answer,
        judged: Judgement,
        renewed: &mut bool,
        each: &mut impl FnMut(usize, Reply),
    ) -> Option<(Open<'r>, Duration)> {
        let Judgement { verdict, message, after } = judged;
        let status = answer.status;
        let said = |open: &Open<'_>| format!("{:?}: status {status}: {}", open.asked.request, message);
        match verdict {
            Verdict::Ok => each(open.number, Reply::Done(Some(answer))),
            Verdict::Empty => each(open.number, Reply::Done(None)),
            Verdict::Reauth if !open.reauthed && self.has_tokens() => {
                open.reauthed = true;
                if !std::mem::replace(renewed, true) {
                    self.forget();
                }
                return Some((open, Duration::ZERO));
            }
            Verdict::Retry => {
                // A refusal by limit or gateway did not happen; an error inside the platform may have.
                let did_nothing = matches!(status, 408 | 425 | 429 | 403 | 503) || answer.is_ok();
                open.reached |= !did_nothing;
                let safe = open.asked.repeatable || did_nothing;
                let delay = self.policy.delay(open.attempts, after, open.asked.request.token()).filter(|_| safe);
                if let Some(delay) = delay {
                    return Some((open, delay));
                }
                let tried = format!("{} (tried {} times)", hide(&said(&open)), open.attempts);
                each(open.number, Reply::Unknown(Failure::said(tried, !open.reached)));
            }
            Verdict::Fail | Verdict::Stop | Verdict::Reauth => {
                let stop = verdict != Verdict::Fail;
                let message = if stop { said(&open) } else { message };
                each(open.number, Reply::Refused { message: hide(&message).into_owned(), status, stop });
            }
        }
        None
    }

    fn has_tokens(&self) -> bool {
        matches!(self.connection.connector.auth, Some(AuthSpec::Token(_)))
    }

    fn forget(&self) {
        if let Some(token) = self.token.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            token.spoil();
        }
    }

    /// The token, asked for when there is none that is good.
    fn token(&self, cancelled: &Arc<AtomicBool>) -> Result<Option<Token>, Reply> {
        let Some(AuthSpec::Token(spec)) = &self.connection.connector.auth else { return Ok(None) };
        let mut kept = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(token) = kept.as_ref().filter(|token| token.is_good()) {
            return Ok(Some(token.clone()));
        }
        let request = token_request(&self.connection, spec, kept.as_ref());
        let mut attempts = 0;
        loop {
            if !self.wait(1, cancelled) {
                return Err(Reply::NotSent);
            }
            attempts += 1;
            let mut came = None;
            self.door.send_once(vec![request.clone()], |_, result| came = Some(result));
            let (message, after) = match came {
                Some(Ok(answer)) if answer.is_ok() => {
                    let token = Token::of(spec, &answer, kept.as_ref());
                    let refused = |message| Reply::Refused { message, status: answer.status, stop: true };
                    let token = token.map_err(|message| refused(hide(&message).into_owned()))?;
                    *kept = Some(token.clone());
                    return Ok(Some(token));
                }
                Some(Ok(answer)) => {
                    let message = format!("no token: {request:?}: status {}: {}", answer.status, answer.message());
                    let message = hide(&message).into_owned();
                    if !matches!(answer.status, 408 | 425 | 429 | 500..=599) {
                        return Err(Reply::Refused { message, status: answer.status, stop: true });
                    }
                    (message, answer.asks_to_wait())
                }
                Some(Err(failure)) => (failure.to_string(), None),
                None => return Err(Reply::NotSent),
            };
            match self.policy.delay(attempts, after, request.token()) {
                Some(delay) => self.hold(delay),
                None => return Err(Reply::Unknown(Failure::said(message, true))),
            }
        }
    }

    /// No request of the account goes before this time is over.
    fn hold(&self, pause: Duration) {
        let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + pause;
        let next = paces.entry(self.connection.account()).or_insert(until);
        *next = (*next).max(until);
    }

    /// Waits until so many requests may go; `false` when the run was told to stop.
    fn wait(&self, requests: usize, cancelled: &AtomicBool) -> bool {
        let until = {
            let mut paces = PACES.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let next = paces.entry(self.connection.account()).or_insert(now);
            let from = (*next).max(now);
            *next = from + self.interval * u32::try_from(requests).unwrap_or(1);
            from
        };
        loop {
            if cancelled.load(Ordering::Relaxed) {
                return false;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}

/// A request without a final answer.
struct Open<'r> {
    number: usize,
    asked: Asked<'r>,
    attempts: u32,
    /// Whether an attempt may have had its effect.
    reached: bool,
    reauthed: bool,
}

impl<'r> Open<'r> {
    fn new(number: usize, asked: Asked<'r>) -> Self {
        Self { number, asked, attempts: 0, reached: false, reauthed: false }
    }

    fn not_sent(&self) -> Reply {
        if self.attempts == 0 {
            Reply::NotSent
        } else {
            Reply::Unknown(Failure::said("interrupted".to_owned(), !self.reached))
        }
    }
}

impl Reply {
    /// The same for another request that shares its fate.
    fn clone_for_all(&self) -> Self {
        match self {
            Self::Refused { message, status, stop } => {
                Self::Refused { message: message.clone(), status: *status, stop: *stop }
            }
            Self::Unknown(failure) => Self::Unknown(failure.clone()),
            Self::Done(_) | Self::NotSent => Self::NotSent,
        }
    }

    /// The answer, or why there is none.
    ///
    /// # Errors
    /// There is none.
    pub fn answer(self, code: Code) -> Result<Option<Answer>, NodeError> {
        match self {
            Self::Done(answer) => Ok(answer),
            Self::Refused { message, status, .. } => {
                let error = NodeError::new(code, message);
                Err(match status {
                    401 | 403 => error.help("check the credentials of the connection, and what they may do"),
                    _ => error,
                })
            }
            Self::Unknown(failure) => {
                let mut error = NodeError::new(code, failure.to_string());
                error.retry = Retry::Transient { after: None };
                Err(error.help("run it again later: nothing is lost"))
            }
            Self::NotSent => {
                Err(NodeError::new(Code::Interrupted, "the run was interrupted while its sources were read"))
            }
        }
    }
}

/// Whether a method only reads, or does the same when it is done twice.
#[must_use]
pub fn is_safe(method: Method) -> bool {
    !matches!(method, Method::Post | Method::Patch)
}
