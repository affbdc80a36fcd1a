//! The one door to web services: requests out, answers in, tried again when that is safe and may help.
//!
//! Nothing here knows what a request means. Secrets are sent and never shown.

pub mod answer;
pub mod policy;
pub mod request;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::{Client, redirect};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

pub use answer::{Answer, Failure};
pub use policy::{Policy, Verdict};
pub use request::{Method, Request};

/// Whether a text is the address of a web service.
#[must_use]
pub fn is_address(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

/// Whether a text can be the name of a header.
#[must_use]
pub fn is_header(text: &str) -> bool {
    reqwest::header::HeaderName::from_bytes(text.as_bytes()).is_ok()
}

/// How often a waiting request looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// Sends requests.
pub struct Door {
    runtime: Runtime,
    client: Client,
    policy: Arc<Policy>,
    /// No request is sent before this instant: the service has asked for a pause.
    pause: Arc<Mutex<Option<Instant>>>,
}

/// What came of a request.
#[derive(Debug)]
pub enum Outcome {
    /// The service answered, well or with a refusal.
    Answered(Answer),
    /// No answer is known: the request may have had its effect or not.
    Unknown(Failure),
    /// It was not sent.
    NotSent,
}

impl Door {
    /// A door with the given rules.
    ///
    /// # Errors
    /// The system gives no threads or no random numbers.
    pub fn open(policy: Policy) -> Result<Self, Failure> {
        let cannot = |error: &dyn std::fmt::Display| Failure::new(format!("cannot use the network: {error}"));
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
        let runtime = runtime.map_err(|error| cannot(&error))?;
        let client = Client::builder()
            .timeout(policy.timeout)
            .connect_timeout(policy.timeout.min(Duration::from_secs(30)))
            .redirect(redirect::Policy::none())
            .user_agent(concat!("raccordo/", env!("CARGO_PKG_VERSION")))
            .build();
        let client = client.map_err(|error| cannot(&error))?;
        Ok(Self { runtime, client, policy: Arc::new(policy), pause: Arc::default() })
    }

    /// Sends the requests, some at a time. `each` gets the number of a request and what came of it, as they come. Once
    /// `cancelled` is set, requests that are on their way are waited for and no other is sent.
    pub fn send_all(&self, requests: Vec<Request>, cancelled: &Arc<AtomicBool>, mut each: impl FnMut(usize, Outcome)) {
        let mut waiting: VecDeque<(usize, Request)> = requests.into_iter().enumerate().collect();
        self.runtime.block_on(async {
            let mut going = JoinSet::new();
            loop {
                while going.len() < self.policy.parallel && !cancelled.load(Ordering::Relaxed) {
                    let Some((number, request)) = waiting.pop_front() else { break };
                    let work = self.attempts(request, Arc::clone(cancelled));
                    going.spawn(async move { (number, work.await) });
                }
                match going.join_next().await {
                    Some(Ok((number, outcome))) => each(number, outcome),
                    Some(Err(_)) => {}
                    None => break,
                }
            }
        });
        for (number, _) in waiting {
            each(number, Outcome::NotSent);
        }
    }

    /// Sends one request until its answer is final or it has been tried often enough.
    fn attempts(&self, request: Request, cancelled: Arc<AtomicBool>) -> impl Future<Output = Outcome> + Send + 'static {
        let (client, policy, pause) = (self.client.clone(), Arc::clone(&self.policy), Arc::clone(&self.pause));
        async move {
            let (mut attempt, mut reached) = (0, false);
            loop {
                if !wait_for(&pause, &cancelled).await {
                    let none = attempt == 0;
                    return if none { Outcome::NotSent } else { Outcome::Unknown(Failure::interrupted(!reached)) };
                }
                attempt += 1;
                let (again, last) = match request.send(&client).await {
                    Ok(answer) => match policy.judge(&answer) {
                        Verdict::Final => return Outcome::Answered(answer),
                        Verdict::Again(after) => (after, Failure::answered(&request, &answer)),
                    },
                    Err(failure) => (None, failure),
                };
                // An earlier attempt may have had its effect, whatever became of the last.
                reached |= !last.unsent;
                let last = Failure { unsent: !reached, ..last };
                let delay = policy.delay(attempt, again, request.token());
                match delay {
                    Some(delay) => {
                        let until = Instant::now() + delay;
                        if again.is_some() {
                            hold(&pause, until);
                        }
                        if !sleep_until(until, &cancelled).await {
                            return Outcome::Unknown(last.after(attempt));
                        }
                    }
                    None => return Outcome::Unknown(last.after(attempt)),
                }
            }
        }
    }
}

/// All requests wait until then.
fn hold(pause: &Mutex<Option<Instant>>, until: Instant) {
    let mut pause = pause.lock().unwrap_or_else(PoisonError::into_inner);
    if pause.is_none_or(|known| known < until) {
        *pause = Some(until);
    }
}

async fn wait_for(pause: &Mutex<Option<Instant>>, cancelled: &AtomicBool) -> bool {
    let until = *pause.lock().unwrap_or_else(PoisonError::into_inner);
    match until {
        Some(until) => sleep_until(until, cancelled).await,
        None => !cancelled.load(Ordering::Relaxed),
    }
}

/// Sleeps; `false` when the work was cancelled meanwhile.
async fn sleep_until(until: Instant, cancelled: &AtomicBool) -> bool {
    loop {
        if cancelled.load(Ordering::Relaxed) {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}
