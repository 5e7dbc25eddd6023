//! A few threads that work on blocks while their results keep the order of the file.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// Blocks that may wait for each worker: enough to keep it busy while the next ones are read, few
/// enough to bound the memory.
const WAITING: usize = 2;

/// Hands out work in turn and gets the results back in the same turn, which keeps their order.
pub struct Pool<I, O> {
    lanes: Vec<(SyncSender<I>, Receiver<O>)>,
    sent: usize,
    received: usize,
}

impl<I, O> Pool<I, O> {
    /// Hands out a piece of work; the oldest result comes back once enough are under way.
    pub fn submit(&mut self, item: I) -> Option<O> {
        let result = if self.sent - self.received >= self.lanes.len() * WAITING { self.finish() } else { None };
        if let Some((work, _)) = self.lanes.get(self.sent % self.lanes.len()) {
            // A worker is gone only after a panic, which the scope passes on.
            let _ = work.send(item);
        }
        self.sent += 1;
        result
    }

    /// The oldest result still under way.
    pub fn finish(&mut self) -> Option<O> {
        if self.received == self.sent {
            return None;
        }
        let (_, results) = self.lanes.get(self.received % self.lanes.len())?;
        self.received += 1;
        results.recv().ok()
    }
}

/// Runs `body` with `workers` threads that do `work`, each with a state of its own.
pub fn run<S, I: Send, O: Send, R>(
    workers: usize,
    state: impl Fn(usize) -> S + Sync,
    work: impl Fn(&mut S, I) -> O + Sync,
    body: impl FnOnce(&mut Pool<I, O>) -> R,
) -> R {
    thread::scope(|scope| {
        let (work, state) = (&work, &state);
        let lanes = (0..workers.max(1))
            .map(|lane| {
                let (item_in, item_out) = sync_channel::<I>(WAITING);
                let (result_in, result_out) = sync_channel::<O>(WAITING);
                scope.spawn(move || {
                    let mut state = state(lane);
                    for item in item_out {
                        if result_in.send(work(&mut state, item)).is_err() {
                            break;
                        }
                    }
                });
                (item_in, result_out)
            })
            .collect();
        let mut pool = Pool { lanes, sent: 0, received: 0 };
        body(&mut pool)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_work() {
        let squares = run(
            3,
            |_| (),
            |(), number: u64| number * number,
            |pool| {
                let mut results = Vec::new();
                for number in 0..100 {
                    results.extend(pool.submit(number));
                }
                while let Some(result) = pool.finish() {
                    results.push(result);
                }
                results
            },
        );
        assert_eq!(squares, (0..100).map(|number| number * number).collect::<Vec<u64>>());
    }

    #[test]
    fn no_work_is_no_result() {
        assert_eq!(run(2, |_| (), |(), ()| (), |pool| pool.finish()), None);
    }
}
