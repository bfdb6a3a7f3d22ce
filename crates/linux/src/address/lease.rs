//! One floating address, from before it is taken until it is given back.

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ringwright::resource::Renewal;
use tokio::task::{AbortHandle, spawn_blocking};
use tokio::time::{Instant, timeout_at};
use tracing::{info, warn};

use super::announce::{announce, probe};
use super::error::AddressError;
use super::kernel::{self, PROTOCOL, Set};
use super::place::Place;
use super::spec::AddressSpec;
use crate::follow;
use crate::interfaces::Address;

/// A floating address that is held by the kernel, and no longer than a lease says.
///
/// The kernel takes the address away by itself when the lease is over (`lifetime.rs` has the arithmetic), whatever has
/// become of this process. Addresses that ringwright has not added (another `IFA_PROTO`, or with a kernel before
/// Linux 5.18 none that this lease remembers) are never touched.
#[derive(Clone, Debug)]
pub struct AddressLease {
    shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    spec: AddressSpec,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// When the address must be gone; `None` never.
    until: Option<Instant>,
    /// Where it was put; `None` before and after.
    place: Option<Place>,
    /// It was given back, or lost: it never comes back.
    over: bool,
    announcing: Option<AbortHandle>,
}

impl AddressLease {
    /// A lease that is about to be acquired: from now on it can be renewed. `until` is the end that the last evidence allows;
    /// `None` for no lease at all: the address stays until it is released, as Pacemaker's.
    #[must_use]
    pub fn new(spec: AddressSpec, until: Option<Instant>) -> Self {
        let state = State {
            until,
            place: None,
            over: false,
            announcing: None,
        };
        let state = Mutex::new(state);
        Self {
            shared: Arc::new(Shared { spec, state }),
        }
    }

    /// Gives a lease another end, or none, before it is acquired again; whether it can be: one that is over cannot.
    pub(super) fn reopen(&self, until: Option<Instant>) -> bool {
        let mut state = self.shared.lock();
        if !state.over {
            state.until = until;
        }
        !state.over
    }

    /// What is held.
    #[must_use]
    pub fn spec(&self) -> &AddressSpec {
        &self.shared.spec
    }

    /// Takes the address: finds its interface, looks whether another machine has it, adds it and announces it.
    ///
    /// An address that ringwright has added before, such as one left by a process that was killed, is taken over with the
    /// new end. By `deadline` it has succeeded, or failed and left nothing behind.
    pub async fn acquire(&self, deadline: Instant) -> Result<(), AddressError> {
        let taken = timeout_at(deadline, self.take(deadline)).await;
        let result = taken.unwrap_or(Err(AddressError::TimedOut(self.shared.spec.ip)));
        if result.is_err()
            && let Err(error) = self.release().await
        {
            warn!("{}: cannot be taken back: {error}", self.shared.spec.ip);
        }
        result
    }

    async fn take(&self, deadline: Instant) -> Result<(), AddressError> {
        let shared = self.shared.clone();
        let (place, fresh) = blocking(move || shared.prepare()).await?;
        let ip = self.shared.spec.ip;
        if fresh && let IpAddr::V4(ip) = ip {
            probe(ip, &place, self.shared.spec.probes).await?;
        }
        let shared = self.shared.clone();
        let there = place.clone();
        blocking(move || shared.add(there, fresh)).await?;
        if ip.is_ipv6() {
            self.until_known_to_be_free(&place, deadline).await?;
        }
        self.announce(&place).await
    }

    /// Waits for the kernel's duplicate address detection.
    async fn until_known_to_be_free(
        &self,
        place: &Place,
        deadline: Instant,
    ) -> Result<(), AddressError> {
        let (ip, link) = (self.shared.spec.ip, place.name.clone());
        let mut tables = follow().await?;
        let decided = |table: &crate::Interfaces| {
            let entry = find(&table.addresses, ip, place);
            entry.is_none_or(|address| address.duplicate || !address.tentative)
        };
        let Ok(told) = timeout_at(deadline, tables.wait_for(decided)).await else {
            return Err(AddressError::Tentative { ip, link });
        };
        let table = told.map_err(io::Error::other)?;
        match find(&table.addresses, ip, place) {
            Some(address) if !address.duplicate => Ok(()),
            None if self.shared.is_over() => Err(AddressError::TooLate),
            // What has a lifetime the kernel removes at once when it is found elsewhere.
            _ => Err(AddressError::Duplicate {
                ip,
                link,
                mac: None,
            }),
        }
    }

    async fn announce(&self, place: &Place) -> Result<(), AddressError> {
        let spec = &self.shared.spec;
        let shared = self.shared.clone();
        let wanted = move || shared.is_held();
        let first = announce(
            spec.ip,
            place,
            1,
            spec.announcements.interval,
            wanted.clone(),
        );
        first.await?;
        let count = spec.announcements.count.saturating_sub(1);
        let (ip, interval) = (spec.ip, spec.announcements.interval);
        let place = place.clone();
        let rest = async move {
            tokio::time::sleep(interval).await;
            announce(ip, &place, count, interval, wanted).await
        };
        if count == 0 {
            return Ok(());
        }
        if !spec.background {
            return rest.await;
        }
        let task = tokio::spawn(async move {
            if let Err(error) = rest.await {
                warn!("{ip}: cannot be announced: {error}");
            }
        });
        self.shared.lock().announcing = Some(task.abort_handle());
        Ok(())
    }

    /// Whether this process holds the address, by what it knows.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.shared.is_held()
    }

    /// Announces the address again, `count` times, if it is held.
    pub async fn announce_again(&self, count: u32) -> Result<(), AddressError> {
        let place = self.shared.lock().place.clone();
        let Some(place) = place.filter(|_| count > 0) else {
            return Ok(());
        };
        let shared = self.shared.clone();
        let spec = &self.shared.spec;
        let wanted = move || shared.is_held();
        announce(spec.ip, &place, count, spec.announcements.interval, wanted).await
    }

    /// Lets the address be held until `until`, counted from the last evidence of a live quorate ring. However late the
    /// call is carried out, it holds the address no longer than that, and never brings back one that has gone.
    ///
    /// The kernel has no request that means "until", and none that means "only if it is there": between the look at the clock
    /// and the system call stand some instructions. A process that is stopped exactly there, until the lease is over,
    /// adds the address when it goes on, and removes it as the next thing that it does.
    pub async fn renew(&self, until: Instant) -> Renewal {
        let shared = self.shared.clone();
        let renewed = blocking(move || shared.renew(until).map_err(AddressError::from)).await;
        renewed.unwrap_or_else(|error| {
            warn!("{}: cannot be renewed: {error}", self.shared.spec.ip);
            Renewal::Failed
        })
    }

    /// Gives the address back; of one that is not held too. It can be renewed no more.
    pub async fn release(&self) -> io::Result<()> {
        let shared = self.shared.clone();
        let released = spawn_blocking(move || shared.release());
        released.await.map_err(io::Error::other)?
    }
}

/// What blocks, where it may.
pub(super) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, AddressError> + Send + 'static,
) -> Result<T, AddressError> {
    let done = spawn_blocking(call).await;
    done.map_err(|error| AddressError::Kernel(io::Error::other(error)))?
}

/// The entry that stands for the address at its place.
fn find<'a>(addresses: &'a [Address], ip: IpAddr, place: &Place) -> Option<&'a Address> {
    addresses.iter().find(|address| {
        (address.ip, address.link, address.prefix_len) == (ip, place.link, place.prefix_len)
    })
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this process may still speak for the address.
    fn is_held(&self) -> bool {
        !self.is_over() && self.lock().place.is_some()
    }

    /// Whether it was given back or lost, or its last end has come.
    fn is_over(&self) -> bool {
        let state = self.lock();
        state.over || state.until.is_some_and(|until| until <= Instant::now())
    }

    /// Finds the place, and whether the address is to be added there.
    fn prepare(&self) -> Result<(Place, bool), AddressError> {
        let ip = self.spec.ip;
        let table = kernel::interfaces()?;
        let place = Place::find(&self.spec, &table)?;
        let here = table.addresses.iter().filter(|address| address.ip == ip);
        let added = self.lock().place.clone();
        let mut fresh = true;
        for address in here {
            let same = (address.link, address.prefix_len) == (place.link, place.prefix_len);
            // Older kernels do not say who added it, but this process knows.
            let remembered = address.protocol == 0 && same && added.as_ref() == Some(&place);
            let ours = address.protocol == PROTOCOL || remembered;
            if !ours {
                let link = table.links.get(&address.link);
                let link = link.map(|link| link.name.clone()).unwrap_or_default();
                return Err(AddressError::Foreign { ip, link });
            }
            if same && !address.duplicate {
                fresh = false;
            } else {
                // Left from a time when the parameters were others, or found to be in use elsewhere.
                kernel::remove(ip, address.link, address.prefix_len)?;
            }
        }
        if table.links.get(&place.link).is_some_and(|link| !link.up) {
            kernel::set_up(place.link)?;
        }
        if ip.is_ipv4() {
            kernel::keep_secondaries(&place.name);
        }
        Ok((place, fresh))
    }

    fn add(&self, place: Place, fresh: bool) -> Result<(), AddressError> {
        let mut state = self.lock();
        if state.over {
            return Err(AddressError::TooLate);
        }
        match kernel::set(&self.spec, &place, state.until, fresh) {
            Ok(Set::Done) => {}
            Ok(Set::TooLate) => return Err(AddressError::TooLate),
            Err(error) if error.raw_os_error() == Some(nix::libc::EEXIST) => {
                return Err(AddressError::Foreign {
                    ip: self.spec.ip,
                    link: place.name,
                });
            }
            Err(error) => return Err(error.into()),
        }
        if fresh {
            info!("{} is on {}", self.spec.ip, place.name);
        }
        state.place = Some(place);
        Ok(())
    }

    fn renew(&self, until: Instant) -> io::Result<Renewal> {
        let mut state = self.lock();
        let now = Instant::now();
        if state.over {
            return Ok(Renewal::Lost);
        }
        let Some(last) = state.until else {
            return Ok(Renewal::Renewed);
        };
        if last <= now {
            self.give_up(&mut state)?;
            return Ok(Renewal::Lost);
        }
        if until <= last {
            return Ok(if until > now {
                Renewal::Renewed
            } else {
                Renewal::TooLate
            });
        }
        let Some(place) = state.place.clone() else {
            state.until = Some(until);
            return Ok(Renewal::Renewed);
        };
        if find(&kernel::entries(self.spec.ip)?, self.spec.ip, &place).is_none() {
            state.over = true;
            return Ok(Renewal::Lost);
        }
        let set = kernel::set(&self.spec, &place, Some(until), false)?;
        // The process may have been stopped for longer than the last lease since it looked.
        if Instant::now() >= last {
            self.give_up(&mut state)?;
            return Ok(Renewal::Lost);
        }
        Ok(match set {
            Set::Done => {
                state.until = Some(until);
                Renewal::Renewed
            }
            Set::TooLate => Renewal::TooLate,
        })
    }

    fn give_up(&self, state: &mut State) -> io::Result<()> {
        state.over = true;
        if let Some(task) = state.announcing.take() {
            task.abort();
        }
        match state.place.take() {
            Some(place) => {
                let there = kernel::remove(self.spec.ip, place.link, place.prefix_len)?;
                if there {
                    info!("{} is no longer on {}", self.spec.ip, place.name);
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn release(&self) -> io::Result<()> {
        self.give_up(&mut self.lock())
    }
}

/// Removes every entry of `ip` that ringwright has added, with or without a lease that knows of it. Blocks.
pub(super) fn remove_ours(ip: IpAddr) -> io::Result<()> {
    for address in kernel::entries(ip)? {
        if address.protocol == PROTOCOL {
            kernel::remove(ip, address.link, address.prefix_len)?;
        }
    }
    Ok(())
}
