//! Improving the detection: would another bucket or threshold have been earlier and at what price, and drafts of a rule in
//! Sigma, ES|QL and KQL. Values enter a query only as parsed addresses, checked names and numbers.

use super::quoting::{double, host};
use super::{Choice, Picture, Piece, Prepared, caveats, counted};
use crate::domain::{Address, time};

const TITLE: &str = "Improve the detection";
/// The port that drafts watch; a site with others adds them.
const PORT: u16 = 3389;

/// Prepares it.
pub(super) fn prepare(picture: &Picture, choice: &Choice) -> Prepared {
    let mut prepared = Prepared::new("detection", TITLE, summary(picture));
    prepared.warnings = caveats(picture);
    prepared.warnings.push(format!("drafts: the figure {} comes from this spike and this server; try it against the past before it goes live", least(picture)));
    prepared.pieces = vec![course(picture), sigma(picture, choice), esql(picture), kql(picture)];
    prepared
}

/// The setting that speaks today: the first.
fn summary(picture: &Picture) -> String {
    let Some(now) = picture.earlier.first() else { return "no verdicts to compare".to_owned() };
    if picture.worst.as_ref().is_none_or(|worst| worst.score.is_none()) {
        return "not enough history to say whether another setting would have been earlier".to_owned();
    }
    let best = picture.earlier.iter().skip(1).filter(|other| other.at.is_some()).min_by_key(|other| (other.at, other.findings));
    match (now.at, best.and_then(|best| Some((best, best.at?)))) {
        (Some(at), Some((best, earlier))) if earlier < at => {
            let minutes = at.duration_since(earlier).as_mins();
            format!(
                "{} from score {:.0} on would have been {minutes} minutes earlier, with {} findings instead of {}",
                best.size, best.threshold, best.findings, now.findings
            )
        }
        (Some(_), _) => "no setting that was tried would have been earlier".to_owned(),
        (None, Some((best, _))) => {
            format!(
                "not found as it is set; {} from score {:.0} on would have found it, with {} findings instead of {}",
                best.size, best.threshold, best.findings, now.findings
            )
        }
        (None, None) => "no setting that was tried would have found it".to_owned(),
    }
}

fn course(picture: &Picture) -> Piece {
    let mut text = "bucket  score from  seen at               findings in all\n".to_owned();
    for earlier in &picture.earlier {
        let at = earlier.at.map_or_else(|| "not at all".to_owned(), time::rfc3339);
        text.push_str(&format!("{:<8}{:<12.0}{at:<22}{}\n", earlier.size.name(), earlier.threshold, earlier.findings));
    }
    Piece {
        name: "earlier",
        title: "Would it have been seen earlier?".to_owned(),
        text,
        undo: None,
        notes: vec![
            "a bucket is judged when it is over; the rule's own job has buckets of 6 h, its data comes hourly, and the rule runs every 15 min".to_owned(),
            "findings count every destination in everything that was looked at".to_owned(),
        ],
    }
}

/// The number of distinct sources from which a rule speaks: over what is usual, below what was seen.
fn least(picture: &Picture) -> u32 {
    let Some(worst) = &picture.worst else { return 10 };
    let upper = worst.upper.unwrap_or_default().max(worst.typical.unwrap_or_default());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are small and not negative")]
    let above = upper.max(0.0).ceil() as u32 + 1;
    above.clamp(3, worst.count.max(3))
}

fn addresses(picture: &Picture) -> Vec<Address> {
    picture.destination.addresses.iter().copied().filter(|address| address.identifies_a_host()).collect()
}

fn names(picture: &Picture) -> Vec<&str> {
    picture.destination.hosts.iter().filter_map(|name| host(name.raw())).collect()
}

fn sigma(picture: &Picture, choice: &Choice) -> Piece {
    let least = least(picture);
    let tag = choice.tag();
    let references: Vec<String> = names(picture).into_iter().map(str::to_owned).chain(addresses(picture).iter().map(ToString::to_string)).collect();
    let text = format!(
        "title: RDP logons, one of a spike of sources\n\
         name: {tag}_rdp_logon\n\
         status: experimental\n\
         description: {}\n\
         tags:\n    - attack.lateral-movement\n    - attack.t1021.001\n\
         logsource:\n    product: windows\n    service: security\n\
         detection:\n    selection:\n        EventID: 4624\n        LogonType: 10\n    no_source:\n        IpAddress:\n            - '-'\n            - '127.0.0.1'\n            - '::1'\n    condition: selection and not no_source\n\
         level: informational\n\
         ---\n\
         title: Spike of RDP sources at a server\n\
         status: experimental\n\
         correlation:\n    type: value_count\n    rules:\n        - {tag}_rdp_logon\n    group-by:\n        - Computer\n    timespan: 15m\n    condition:\n        field: IpAddress\n        gte: {least}\n\
         falsepositives:\n    - maintenance windows, terminal server farms, address pools\n\
         level: medium\n",
        double(&format!("draft from a spike at {}", references.join(", "))),
    );
    Piece {
        name: "sigma",
        title: "Sigma, as a correlation".to_owned(),
        text,
        undo: None,
        notes: vec!["logons of type 10 are after the fact; connections (RdpCoreTS 131, Zeek) are seen earlier and count scanners too".to_owned()],
    }
}

fn esql(picture: &Picture) -> Piece {
    let addresses: Vec<String> = addresses(picture).iter().map(|address| double(&address.to_string())).collect();
    let only = if addresses.is_empty() { String::new() } else { format!("\n    AND CIDR_MATCH(destination.ip, {})", addresses.join(", ")) };
    let text = format!(
        "FROM logs-*, winlogbeat-*\n| WHERE destination.port == {PORT}{only}\n| STATS sources = COUNT_DISTINCT(source.ip), connections = COUNT(*)\n    BY destination.ip, bucket = BUCKET(@timestamp, 15 minutes)\n| WHERE sources >= {}\n| SORT bucket\n",
        least(picture)
    );
    Piece {
        name: "esql",
        title: "ES|QL".to_owned(),
        text,
        undo: None,
        notes: vec!["without the second condition it watches every server; the count is an estimate where sources are many".to_owned()],
    }
}

fn kql(picture: &Picture) -> Piece {
    let addresses: Vec<String> = addresses(picture).iter().map(|address| double(&address.to_string())).collect();
    let to = if addresses.is_empty() { String::new() } else { format!(" and destination.ip : ({})", addresses.join(" or ")) };
    let regulars: Vec<String> =
        picture.sources.iter().filter(|source| source.is_new == Some(false)).map(|source| double(&source.address.to_string())).collect();
    let but = if regulars.is_empty() { String::new() } else { format!(" and not source.ip : ({})", regulars.join(" or ")) };
    Piece {
        name: "kql",
        title: "KQL, for a threshold rule".to_owned(),
        text: format!("destination.port : {PORT}{to}{but}\n"),
        undo: None,
        notes: vec![format!(
            "threshold rule: group by destination.ip, count {} unique values of source.ip; {} left out as known here",
            least(picture),
            counted(regulars.len(), "source")
        )],
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::picture;
    use super::*;

    #[test]
    fn minutes_gained_and_the_price() {
        let prepared = prepare(&picture(), &Choice::default());
        assert_eq!(prepared.summary, "15m from score 50 on would have been 15 minutes earlier, with 9 findings instead of 3");
        assert_eq!(
            prepared.piece("earlier").unwrap().text,
            "bucket  score from  seen at               findings in all\n15m     70          2026-01-05T12:45:00Z  3\n6h      70          2026-01-05T18:00:00Z  1\n15m     50          2026-01-05T12:30:00Z  9\n"
        );
    }

    #[test]
    fn drafts_hold_addresses_and_figures_of_the_spike() {
        let prepared = prepare(&picture(), &Choice::default());
        assert_eq!(
            prepared.piece("esql").unwrap().text,
            "FROM logs-*, winlogbeat-*\n| WHERE destination.port == 3389\n    AND CIDR_MATCH(destination.ip, \"10.20.4.17\")\n| STATS sources = COUNT_DISTINCT(source.ip), connections = COUNT(*)\n    BY destination.ip, bucket = BUCKET(@timestamp, 15 minutes)\n| WHERE sources >= 7\n| SORT bucket\n"
        );
        assert_eq!(prepared.piece("kql").unwrap().text, "destination.port : 3389 and destination.ip : (\"10.20.4.17\") and not source.ip : (\"10.20.8.3\")\n");
    }

    #[test]
    fn the_sigma_draft_is_a_rule_and_a_correlation_to_the_parser() {
        let prepared = prepare(&picture(), &Choice::default());
        let found = rsigma_parser::parse_sigma_yaml(&prepared.piece("sigma").unwrap().text).unwrap();
        assert_eq!((found.rules.len(), found.correlations.len(), found.errors.len()), (1, 1, 0), "{:?}", found.errors);
    }
}
