//! The one door to web services: requests out, answers in, tried again when that is safe and may help.
//!
//! Nothing here knows what a request means. Secrets are sent and never shown.

pub mod answer;
pub mod pause;
pub mod policy;
pub mod request;

use std::collections::VecDeque;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::{Client, redirect};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinSet;

pub use answer::{Answer, Failure};
pub use pause::Pause;
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

/// Whether something listens where an address leads. Nothing is asked of it, and a proxy is not used.
///
/// # Errors
/// Why it cannot be reached.
pub fn reach(address: &str, wait: Duration) -> Result<(), String> {
    let url = reqwest::Url::parse(address).map_err(|error| error.to_string())?;
    let found = url.socket_addrs(|| None).map_err(|error| error.to_string())?;
    let mut last = "it has no address".to_owned();
    for place in found {
        match TcpStream::connect_timeout(&place, wait) {
            Ok(_) => return Ok(()),
            Err(error) => last = error.to_string(),
        }
    }
    Err(last)
}

/// Sends requests.
pub struct Door {
    runtime: Runtime,
    client: Client,
    policy: Arc<Policy>,
}

/// What the caller wants after an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// The other requests too.
    GoOn,
    /// No other: those on their way are waited for and not tried again, the rest is not sent.
    Stop,
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
        Ok(Self { runtime, client, policy: Arc::new(policy) })
    }

    /// Sends the requests, some at a time. `each` gets the number of a request and what came of it, as they come, and says
    /// whether the rest is still wanted. Once `cancelled` is set, requests that are on their way are waited for and no other
    /// is sent. A pause that a service asks for holds for all requests to it, of this door and of every other.
    pub fn send_all(
        &self,
        requests: Vec<Request>,
        cancelled: &Arc<AtomicBool>,
        mut each: impl FnMut(usize, Outcome) -> Flow,
    ) {
        let mut waiting: VecDeque<(usize, Request)> = requests.into_iter().enumerate().collect();
        let stopped = Arc::new(AtomicBool::new(false));
        let wanted = || !cancelled.load(Ordering::Relaxed) && !stopped.load(Ordering::Relaxed);
        self.runtime.block_on(async {
            let mut going = JoinSet::new();
            loop {
                while going.len() < self.policy.parallel && wanted() {
                    let Some((number, request)) = waiting.pop_front() else { break };
                    let work = self.attempts(request, [Arc::clone(cancelled), Arc::clone(&stopped)]);
                    going.spawn(async move { (number, work.await) });
                }
                match going.join_next().await {
                    Some(Ok((number, outcome))) => {
                        if each(number, outcome) == Flow::Stop {
                            stopped.store(true, Ordering::Relaxed);
                        }
                    }
                    Some(Err(_)) => {}
                    None => break,
                }
            }
        });
        for (number, _) in waiting {
            each(number, Outcome::NotSent);
        }
    }

    /// Sends each of the requests once, all at the same time; `each` gets the number of a request and what came of it.
    pub fn send_once(&self, requests: Vec<Request>, mut each: impl FnMut(usize, Result<Answer, Failure>)) {
        self.runtime.block_on(async {
            let mut going = JoinSet::new();
            for (number, request) in requests.into_iter().enumerate() {
                let client = self.client.clone();
                going.spawn(async move { (number, request.send(&client).await) });
            }
            while let Some(joined) = going.join_next().await {
                if let Ok((number, result)) = joined {
                    each(number, result);
                }
            }
        });
    }

    /// Sends one request until its answer is final or it has been tried often enough.
    fn attempts(
        &self,
        request: Request,
        given_up: [Arc<AtomicBool>; 2],
    ) -> impl Future<Output = Outcome> + Send + 'static {
        let (client, policy, pause) = (self.client.clone(), Arc::clone(&self.policy), Pause::of(&request.url));
        async move {
            let given_up = [&*given_up[0], &*given_up[1]];
            let (mut attempt, mut reached) = (0, false);
            loop {
                if !pause.wait(&given_up).await {
                    let none = attempt == 0;
                    return if none { Outcome::NotSent } else { Outcome::Unknown(Failure::interrupted(!reached)) };
                }
                attempt += 1;
                let (verdict, last) = match request.send(&client).await {
                    Ok(answer) => match policy.judge(&answer) {
                        Verdict::Final => return Outcome::Answered(answer),
                        verdict => (verdict, Failure::answered(&request, &answer)),
                    },
                    Err(failure) => (Verdict::Again(None), failure),
                };
                // An earlier attempt may have had its effect, whatever became of the last.
                reached |= !last.unsent;
                let last = Failure { unsent: !reached, ..last };
                let Some(delay) = policy.delay(attempt, verdict.asked(), request.token()) else {
                    return Outcome::Unknown(last.after(attempt));
                };
                let until = Instant::now() + delay;
                if verdict.holds_for_all() {
                    pause.hold(until);
                }
                if !pause::sleep_until(until, &given_up).await {
                    return Outcome::Unknown(last.after(attempt));
                }
            }
        }
    }
}
