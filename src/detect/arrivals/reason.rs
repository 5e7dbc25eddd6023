//! A verdict in words: what came, what was usual, who they are, through whom they came.

use super::class::Class;
use crate::domain::Why;

impl Class {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Known => "known",
            Self::Familiar => "familiar",
            Self::Elsewhere => "elsewhere",
            Self::Mobile => "mobile",
            Self::Stranger => "stranger",
            Self::Alien => "alien",
            Self::Chain => "chain",
            Self::Roaming => "roaming",
        }
    }

    /// What it means, said of sources.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Known => "seen here before",
            Self::Familiar => "new here, of networks known here",
            Self::Elsewhere => "new here, seen at other destinations",
            Self::Mobile => "new here, seen at many destinations",
            Self::Stranger => "never seen anywhere, of known networks",
            Self::Alien => "never seen anywhere, of unknown networks",
            Self::Chain => "destinations that were just reached themselves",
            Self::Roaming => "going from door to door",
        }
    }
}

/// What the arrivals say, after the sentence about counts.
pub fn arrivals(why: &Why) -> String {
    let mut words = format!("; {} arrived in {} where {} expected", why.arrived, span(why.minutes), are(why.expected));
    let telling = why.classes.iter().filter(|class| class.arrived > 0).max_by(|one, two| {
        let excess = |class: &crate::domain::why::ClassCount| f64::from(class.arrived) / (class.expected + 0.1);
        excess(one).total_cmp(&excess(two))
    });
    if let Some(class) = telling {
        if class.arrived == why.arrived {
            words.push_str(&format!(", {}", class.meaning));
        } else {
            words.push_str(&format!(", {} of them {}", class.arrived, class.meaning));
        }
    }
    if let Some((network, sources)) = why.networks.first().filter(|(_, sources)| *sources > 2) {
        words.push_str(&format!("; {sources} from {network}"));
    }
    if let Some(pivot) = why.pivots.first() {
        words.push_str(&format!("; through {}", pivot.host));
        if let Some(reached) = pivot.reached {
            words.push_str(&format!(", itself reached at {}", reached.strftime("%H:%M")));
        }
        words.push_str(" UTC");
    }
    words
}

fn are(expected: f64) -> String {
    if expected < 0.1 {
        "less than 0.1 is".to_owned()
    } else if expected < 9.95 {
        format!("{expected:.1} are")
    } else {
        format!("{expected:.0} are")
    }
}

fn span(minutes: i64) -> String {
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h", minutes / 60) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::why::{ClassCount, Pivot};
    use crate::domain::{Address, Timestamp};

    #[test]
    fn the_figures_stand_in_the_sentence() {
        let class = |class: Class, arrived, expected| ClassCount { class: class.name(), meaning: class.meaning(), arrived, expected, sources: Vec::new() };
        let mut why = Why {
            nats: 60.0,
            from: Timestamp::UNIX_EPOCH,
            minutes: 30,
            alone: 90.0,
            explanation: "a mixture of sources",
            arrived: 38,
            expected: 0.42,
            classes: vec![class(Class::Known, 3, 0.4), class(Class::Alien, 35, 0.01)],
            networks: vec![("10.66.0.0/24".parse().expect("a network"), 31)],
            pivots: Vec::new(),
            without: None,
            sources: std::sync::Arc::new([]),
            is_new: false,
        };
        assert_eq!(arrivals(&why), "; 38 arrived in 30 min where 0.4 are expected, 35 of them never seen anywhere, of unknown networks; 31 from 10.66.0.0/24");
        why.classes.remove(0);
        (why.arrived, why.expected, why.minutes) = (35, 0.02, 1440);
        why.pivots.push(Pivot { host: Address::clean("10.20.4.9").expect("an address"), reached: Some(Timestamp::UNIX_EPOCH), brought: 2.0 });
        assert_eq!(
            arrivals(&why),
            "; 35 arrived in 24 h where less than 0.1 is expected, never seen anywhere, of unknown networks; 31 from 10.66.0.0/24; through 10.20.4.9, itself reached at 00:00 UTC"
        );
    }
}
