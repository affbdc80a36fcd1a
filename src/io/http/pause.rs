//! Pauses that a service asks for: they hold for all who talk to it, whatever load, extract or connection they work for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often a waiting request looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);

/// The pause of each service that this process talks to.
static SERVICES: Mutex<BTreeMap<String, Pause>> = Mutex::new(BTreeMap::new());

/// No request is sent to a service before an instant. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Pause(Arc<Mutex<Option<Instant>>>);

impl Pause {
    /// The one of the service at an address: its host and port. An address that is none has one of its own.
    #[must_use]
    pub fn of(address: &str) -> Self {
        let Some(service) = service(address) else { return Self::default() };
        let mut services = SERVICES.lock().unwrap_or_else(PoisonError::into_inner);
        services.entry(service).or_default().clone()
    }

    /// All requests wait until then; an earlier instant than the one known changes nothing.
    pub fn hold(&self, until: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *known = (*known).max(Some(until));
    }

    /// Waits as long as the service wants, also when it asks for more meanwhile; `false` when the work was given up.
    pub async fn wait(&self, given_up: &[&AtomicBool]) -> bool {
        loop {
            let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match until.filter(|until| *until > Instant::now()) {
                Some(until) => {
                    if !sleep_until(until, given_up).await {
                        return false;
                    }
                }
                None => return !is_given_up(given_up),
            }
        }
    }
}

/// Host and port, or `None` when the text is no address.
fn service(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default().unwrap_or_default()))
}

fn is_given_up(given_up: &[&AtomicBool]) -> bool {
    given_up.iter().any(|flag| flag.load(Ordering::Relaxed))
}

/// Sleeps; `false` when the work was given up meanwhile.
pub async fn sleep_until(until: Instant, given_up: &[&AtomicBool]) -> bool {
    loop {
        if is_given_up(given_up) {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        tokio::time::sleep(left.min(LOOK)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_its_host_and_port() {
        for (address, expected) in [
            ("https://shop.example/a/1?x=2", Some("shop.example:443")),
            ("http://shop.example", Some("shop.example:80")),
            ("http://127.0.0.1:8080/rows", Some("127.0.0.1:8080")),
            ("rows", None),
        ] {
            assert_eq!(service(address).as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn one_pause_holds_for_every_address_of_a_service_and_only_for_it() {
        let until = Instant::now() + Duration::from_secs(9);
        Pause::of("https://pause.example/a").hold(until);
        let known = |address: &str| *Pause::of(address).0.lock().unwrap();
        assert_eq!(known("https://pause.example:443/b?c"), Some(until));
        assert_eq!(known("https://other.example/a"), None);
        Pause::of("https://pause.example/a").hold(Instant::now() + Duration::from_secs(4));
        assert_eq!(known("https://pause.example/a"), Some(until));
    }

    #[test]
    fn who_waits_sees_a_pause_that_grows_and_gives_up_when_told() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let pause = Pause::default();
        let begun = Instant::now();
        pause.hold(begun + Duration::from_millis(60));
        let waiting = {
            let pause = pause.clone();
            runtime.spawn(async move { pause.wait(&[]).await })
        };
        pause.hold(begun + Duration::from_millis(200));
        assert!(runtime.block_on(waiting).unwrap());
        assert!(begun.elapsed() >= Duration::from_millis(200));
        pause.hold(begun + Duration::from_mins(10));
        assert!(!runtime.block_on(pause.wait(&[&AtomicBool::new(true)])));
    }
}
