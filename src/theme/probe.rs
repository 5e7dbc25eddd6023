//! The probe theme for snapshots: every role has a colour number of its own, so that a drawing can be read
//! back as roles. Themes may change without touching a snapshot, and a lost highlight cannot hide.

use ratatui::style::{Color, Style};

use super::{Kind, Role, Theme};

/// The probe theme: ink sets the foreground only, ground the background only.
pub fn probe() -> Theme {
    let styles = Role::ALL.iter().map(|role| match role.kind() {
        Kind::Ink => Style::new().fg(color(*role)),
        Kind::Ground => Style::new().bg(color(*role)),
    });
    Theme::new("probe", styles.collect())
}

/// The role that has this colour in the probe theme.
pub fn role_of(color: Color) -> Option<Role> {
    match color {
        Color::Rgb(0xfe, high, low) => Role::ALL.get(usize::from(u16::from_be_bytes([high, low]))).copied(),
        _ => None,
    }
}

fn color(role: Role) -> Color {
    let [high, low] = u16::try_from(role.number()).unwrap_or(u16::MAX).to_be_bytes();
    Color::Rgb(0xfe, high, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_is_read_back() {
        let theme = probe();
        for role in Role::ALL {
            let style = theme.style(*role);
            let color = match role.kind() {
                Kind::Ink => style.fg,
                Kind::Ground => style.bg,
            };
            assert_eq!(color.and_then(role_of), Some(*role));
        }
        assert_eq!(role_of(Color::Reset), None);
    }
}
