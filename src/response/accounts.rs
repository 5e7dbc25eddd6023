//! Accounts to reset, in the order in which they matter, with PowerShell lines and what takes each back.

use super::quoting::{account, host, powershell};
use super::{Account, Choice, Class, Item, Picture, Piece, Prepared, caveats, counted, named};

const TITLE: &str = "Reset accounts";

/// Prepares it.
pub(super) fn prepare(picture: &Picture, choice: &Choice) -> Prepared {
    let mut left_out = Vec::new();
    let mut chosen: Vec<(&Account, Option<&str>, &str)> = Vec::new();
    for found in &picture.accounts {
        if let Some(why) = choice.protected.account(&found.name) {
            left_out.push((found.name.clone(), format!("protected: {why}")));
            continue;
        }
        match account(&found.name) {
            Ok((domain, name)) => chosen.push((found, domain, name)),
            Err(why) => left_out.push((found.name.clone(), format!("{why}: look it up by hand"))),
        }
    }
    let of = |class| chosen.iter().filter(|(found, ..)| found.class == class).count();
    let summary = match chosen.len() {
        0 if left_out.is_empty() => "no account is known to have got in".to_owned(),
        0 => format!("no account to reset, {} left out", left_out.len()),
        all => format!(
            "{} to reset, {} privileged, {} of services, {} left out",
            counted(all, "account"),
            of(Class::Privileged),
            of(Class::Service),
            left_out.len()
        ),
    };
    let mut prepared = Prepared::new("accounts_reset", TITLE, summary);
    prepared.warnings = caveats(picture);
    prepared.warnings.extend(picture.unknown.iter().cloned());
    prepared.warnings.push("the password hash of everybody who had a session may have been taken, of those who were refused not".to_owned());
    if of(Class::Service) > 0 {
        prepared.warnings.push("a service stops when its account is reset and the service is not told the new password".to_owned());
    }
    if picture.hosts.iter().flat_map(|host| &host.host.hosts).any(|name| super::isolate::looks_like_controller(name.raw())) {
        prepared
            .warnings
            .push("a host in scope looks like a domain controller by its name: if it was taken, krbtgt has to be reset twice, ten hours apart".to_owned());
    }
    prepared.cut_off = picture
        .open
        .iter()
        .filter(|open| open.user.as_ref().is_some_and(|user| chosen.iter().any(|(found, ..)| crate::analysis::account::same(Some(&found.name), Some(user)))))
        .map(|open| open.words())
        .collect();
    prepared.items = chosen.iter().map(|(found, ..)| Item { what: found.name.clone(), why: why(found) }).collect();
    prepared.left_out = left_out;
    if !chosen.is_empty() {
        prepared.pieces = vec![disable(&chosen), reset(&chosen), revoke(&chosen)];
    }
    prepared
}

fn why(found: &Account) -> String {
    let hosts = if found.hosts.is_empty() { String::new() } else { format!(", into {}", named(&found.hosts, 3)) };
    format!("{}: {}{hosts}, {}", found.class.name(), found.because, counted(usize::try_from(found.logons).unwrap_or(usize::MAX), "logon"))
}

/// Whether the lines for it run on one machine.
fn machine(found: &Account) -> Option<&str> {
    found.machine.as_ref().and_then(|machine| host(machine.raw()))
}

fn directory(domain: Option<&str>) -> String {
    domain.map_or_else(String::new, |domain| format!(" -Server {}", powershell(domain)))
}

fn heading(class: Class) -> &'static str {
    match class {
        Class::Privileged => "# privileged: first\n",
        Class::Service => "# services: with whoever runs them\n",
        Class::Domain => "# people of the domain\n",
        Class::Local => "# accounts of one machine\n",
        Class::Unknown => "# of the domain or of one machine: the events do not say\n",
    }
}

/// Lines for each account, under a heading for each class.
fn lines(chosen: &[(&Account, Option<&str>, &str)], line: impl Fn(&Account, Option<&str>, &str) -> String) -> String {
    let mut text = String::new();
    let mut last = None;
    for (found, domain, name) in chosen {
        if last != Some(found.class) {
            text.push_str(heading(found.class));
            last = Some(found.class);
        }
        text.push_str(&line(found, *domain, name));
    }
    text
}

fn local(machine: &str, body: &str) -> String {
    format!("Invoke-Command -ComputerName {} -ScriptBlock {{ {body} }}\n", powershell(machine))
}

fn disable(chosen: &[(&Account, Option<&str>, &str)]) -> Piece {
    let each = |verb: &'static str| {
        lines(chosen, |found, domain, name| match machine(found) {
            Some(machine) => local(machine, &format!("{verb}-LocalUser -Name {}", powershell(name))),
            None => format!("{verb}-ADAccount -Identity {}{}\n", powershell(name), directory(domain)),
        })
    };
    Piece {
        name: "disable",
        title: "Disable".to_owned(),
        text: each("Disable"),
        undo: Some(each("Enable")),
        notes: vec!["tickets that were given out stay good for up to ten hours: end the sessions too".to_owned()],
    }
}

fn reset(chosen: &[(&Account, Option<&str>, &str)]) -> Piece {
    let text = lines(chosen, |found, domain, name| {
        let ask = format!("(Read-Host -AsSecureString -Prompt {})", powershell(&format!("new password of {name}")));
        match machine(found) {
            Some(machine) => {
                format!(
                    "$new = {ask}\nInvoke-Command -ComputerName {} -ScriptBlock {{ Set-LocalUser -Name {} -Password $using:new }}\n",
                    powershell(machine),
                    powershell(name)
                )
            }
            None => {
                let must = if found.class == Class::Service {
                    String::new()
                } else {
                    format!("Set-ADUser -Identity {}{} -ChangePasswordAtLogon $true\n", powershell(name), directory(domain))
                };
                format!("Set-ADAccountPassword -Identity {}{} -Reset -NewPassword {ask}\n{must}", powershell(name), directory(domain))
            }
        }
    });
    Piece {
        name: "reset",
        title: "Set a new password".to_owned(),
        text,
        undo: Some("# a password that was reset cannot be brought back; the person sets another one\n".to_owned()),
        notes: vec!["the password is asked for where the line runs: it stands neither here nor in the history of the shell".to_owned()],
    }
}

fn revoke(chosen: &[(&Account, Option<&str>, &str)]) -> Piece {
    let text = lines(chosen, |found, domain, name| match (machine(found), domain) {
        (None, Some(domain)) if domain.contains('.') => {
            format!("Revoke-MgUserSignInSession -UserId {}\n", powershell(&format!("{name}@{domain}")))
        }
        (None, _) => format!("# {name}: if it is synchronised with Entra ID, Revoke-MgUserSignInSession -UserId with its user principal name\n"),
        (Some(_), _) => format!("# {name}: an account of one machine has no sign-in elsewhere\n"),
    });
    Piece {
        name: "revoke",
        title: "End sign-ins, second factor".to_owned(),
        text,
        undo: Some("# nothing to take back: the person signs in again\n".to_owned()),
        notes: vec!["check which second factors were registered since the first logon: an attacker may have added one".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::super::Protected;
    use super::super::sample::picture;
    use super::*;

    #[test]
    fn privileged_first_then_services_then_people_then_local_ones() {
        let prepared = prepare(&picture(), &Choice::default());
        assert_eq!(prepared.summary, "4 accounts to reset, 1 privileged, 1 of services, 0 left out");
        let disable = prepared.piece("disable").unwrap();
        assert_eq!(
            disable.text,
            "# privileged: first\nDisable-ADAccount -Identity 'admmig' -Server 'CORP'\n\
             # services: with whoever runs them\nDisable-ADAccount -Identity 'svc_copy' -Server 'CORP'\n\
             # people of the domain\nDisable-ADAccount -Identity 'kim' -Server 'CORP'\n\
             # accounts of one machine\nInvoke-Command -ComputerName 'FILESRV-02' -ScriptBlock { Disable-LocalUser -Name 'guest1' }\n"
        );
        assert_eq!(disable.undo.as_ref().unwrap(), &disable.text.replace("Disable-", "Enable-"));
        let reset = &prepared.piece("reset").unwrap().text;
        assert!(reset.contains(
            "Set-ADAccountPassword -Identity 'admmig' -Server 'CORP' -Reset -NewPassword (Read-Host -AsSecureString -Prompt 'new password of admmig')\n\
             Set-ADUser -Identity 'admmig' -Server 'CORP' -ChangePasswordAtLogon $true\n"
        ));
        assert!(!reset.contains("Set-ADUser -Identity 'svc_copy'"), "a service cannot change its password at logon");
        assert_eq!(prepared.items[0].why, "privileged: its logon was given administrator rights, into DC01, FILESRV-02, 2 logons");
        assert_eq!(prepared.cut_off.len(), 1);
    }

    #[test]
    fn hostile_names_and_protected_accounts_are_left_out_and_said() {
        let mut picture = picture();
        picture.accounts[0].name = "CORP\\x'; Stop-Computer; '".into();
        let protected = Protected::read("p", "svc_copy # nightly copy").unwrap();
        let prepared = prepare(&picture, &Choice { protected, ..Choice::default() });
        let text: String = prepared.pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert!(!text.contains("Stop-Computer") && !text.contains("svc_copy"));
        assert_eq!(prepared.left_out[0].1, "its name holds what no name of an account has; it may be made to harm whoever pastes it: look it up by hand");
        assert_eq!(prepared.left_out[1], ("CORP\\svc_copy".into(), "protected: nightly copy".to_owned()));
    }

    #[test]
    fn a_name_with_an_apostrophe_stays_one_word() {
        let mut picture = picture();
        picture.accounts.truncate(1);
        picture.accounts[0].name = "CORP\\o'neil".into();
        let prepared = prepare(&picture, &Choice::default());
        assert!(prepared.piece("disable").unwrap().text.contains("-Identity 'o''neil' -Server"));
    }
}
