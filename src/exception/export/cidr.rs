//! The sources alone, for tools that know nothing but networks.

use super::{Exported, sayable};
use crate::exception::Exception;

/// One network a line, each once.
pub(super) fn write(exceptions: &[Exception]) -> Exported {
    let (said, mut left_out) = sayable(exceptions);
    let mut networks = Vec::new();
    for exception in said {
        if exception.sources.is_empty() {
            left_out.push((exception.id.clone(), "it names no source".to_owned()));
        }
        networks.extend(exception.sources.iter().copied());
    }
    networks.sort_unstable();
    networks.dedup();
    let text = networks.iter().map(|network| format!("{network}\n")).collect();
    Exported { text, notes: vec!["destinations, accounts and end dates are not in it: the list is wider than the exceptions".to_owned()], left_out }
}

#[cfg(test)]
mod tests {
    use super::super::tests::two;
    use super::*;

    #[test]
    fn networks_each_once_and_what_is_lost_is_said() {
        let mut two = two();
        two[1].windows.clear();
        let exported = write(&two);
        assert_eq!(exported.text, "10.66.0.0/24\n");
        assert!(exported.notes[0].contains("wider than the exceptions"));
    }
}
