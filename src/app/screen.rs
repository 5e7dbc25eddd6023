//! Where things stand on the screen: a pure function that update and render both call.
//!
//! ```text
//! ┌ header ─────────────────────────────────────────┐  1
//! │ main: the page; popups lie over its middle       │  all the rest
//! └ footer ─────────────────────────────────────────┘  1
//! ```

use ratatui::layout::Rect;

/// Below these columns and rows only one pane is drawn.
pub const ROOMY: (u16, u16) = (60, 15);

/// The regions of a screen. Each may be empty, none reaches beyond the screen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Regions {
    /// What is looked at and how whole it is.
    pub header: Rect,
    /// The page.
    pub main: Rect,
    /// The keys that matter here.
    pub footer: Rect,
}

/// The regions of `area`. The page goes last: a screen of one line shows nothing else.
pub fn regions(area: Rect) -> Regions {
    let header = u16::from(area.height >= 3);
    let footer = u16::from(area.height >= 2);
    let main = area.height.saturating_sub(header).saturating_sub(footer);
    Regions {
        header: Rect { height: header, ..area },
        main: Rect { y: area.y.saturating_add(header), height: main, ..area },
        footer: Rect { y: area.y.saturating_add(header).saturating_add(main), height: footer, ..area },
    }
}

/// Whether there is room for more than one pane.
pub fn is_roomy(area: Rect) -> bool {
    area.width >= ROOMY.0 && area.height.saturating_add(2) >= ROOMY.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_share_the_screen_without_overlap() {
        for height in 0..40 {
            let area = Rect::new(0, 0, 80, height);
            let Regions { header, main, footer } = regions(area);
            assert_eq!(header.height + main.height + footer.height, height);
            assert_eq!((main.y, footer.y), (header.height, header.height + main.height));
        }
    }
}
