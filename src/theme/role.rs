//! The roles that drawing speaks of: one table; a theme says what each looks like.

/// What a role may set. Ink draws characters; ground lies under them, so that the two can share a cell
/// and an anomaly under the cursor is still an anomaly.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Foreground, and background where it must.
    Ink,
    /// Background and modifiers only.
    Ground,
}

/// `Kind: Variant "dotted.name" "What is drawn so";`
macro_rules! roles {
    ($($kind:ident: $variant:ident $name:literal $doc:literal;)*) => {
        /// A meaning that drawing gives to a cell.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
        pub enum Role {
            $(#[doc = concat!($doc, ".")] $variant,)*
        }

        impl Role {
            /// Every role, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in theme files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is drawn so, without a period.
            pub const fn doc(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// Ink or ground.
            pub const fn kind(self) -> Kind {
                match self { $(Self::$variant => Kind::$kind,)* }
            }
        }
    };
}

roles! {
    Ink: Text "text" "Ordinary text";
    Ink: Strong "text.strong" "Text that counts more than its neighbours";
    Ink: Muted "text.muted" "Text that counts less than its neighbours";
    Ink: Cleaned "text.cleaned" "What had to be made visible in text out of an event";
    Ink: Found "text.found" "What a search found";
    Ink: Title "title" "Name of a screen, pane or popup";
    Ink: Crumb "crumb" "A step of the trail";
    Ink: CrumbHere "crumb.here" "The last step of the trail";
    Ground: Header "header" "Ground of the header line";
    Ground: Footer "footer" "Ground of the footer line";
    Ink: Key "key" "A key to press";
    Ink: Hint "hint" "What a key does";
    Ink: Border "border" "Frames and rules";
    Ink: BorderFocused "border.focused" "Frame of the pane that gets the keys";
    Ink: Tab "tab" "A tab";
    Ink: TabSelected "tab.selected" "The tab that is shown";
    Ink: BadgeLive "badge.live" "The view is live";
    Ink: BadgePaused "badge.paused" "The view is paused";
    Ink: BadgeStale "badge.stale" "What is shown is old";
    Ink: BadgePartial "badge.partial" "What is shown is not whole";
    Ink: BadgeComplete "badge.complete" "What is shown is whole";
    Ink: Column "column" "Title of a column";
    Ink: ColumnSorted "column.sorted" "Title of the column that is sorted by";
    Ink: Cursor "cursor" "The mark in the gutter of the row under the cursor";
    Ground: RowSelected "row.selected" "Ground of the row under the cursor";
    Ink: RowMarked "row.marked" "The mark of a marked row";
    Ground: CellSelected "cell.selected" "Ground of the value under the cursor";
    Ink: LaneEmpty "lane.empty" "A bucket without sources in a lane";
    Ink: LaneGap "lane.gap" "A bucket without data in a lane";
    Ink: LaneBar "lane.bar" "A bucket of a lane";
    Ink: LaneMinor "lane.minor" "A bucket of minor severity in a lane";
    Ink: LaneMajor "lane.major" "A bucket of major severity in a lane";
    Ink: LaneCritical "lane.critical" "A bucket of critical severity in a lane";
    Ink: Axis "axis" "Axes and their labels";
    Ink: TimelineEmpty "timeline.empty" "A bucket without sources in the timeline";
    Ink: TimelineGap "timeline.gap" "A bucket without data in the timeline";
    Ink: TimelineKnown "timeline.known" "Sources known before";
    Ink: TimelineNew "timeline.new" "Sources never seen before";
    Ink: TimelineTypical "timeline.typical" "The typical count";
    Ink: TimelineBand "timeline.band" "The most that chance explains";
    Ink: TimelineCursor "timeline.cursor" "The bucket cursor";
    Ground: TimelineRange "timeline.range" "Ground of the range";
    Ink: SeverityWarning "severity.warning" "A score below 25";
    Ink: SeverityMinor "severity.minor" "A score from 25";
    Ink: SeverityMajor "severity.major" "A score from 50";
    Ink: SeverityCritical "severity.critical" "A score from 75";
    Ink: SeverityNone "severity.none" "No verdict";
    Ink: SourceNew "source.new" "A source never seen before";
    Ink: SourceLoopback "source.loopback" "The host itself as a source: the mark of a tunnel";
    Ink: StageRefused "stage.refused" "A source that was refused";
    Ink: StageInside "stage.inside" "A source that got in";
    Ground: Popup "popup" "Ground of a popup";
    Ink: Prompt "prompt" "Where text is typed";
    Ink: GaugeDone "gauge.done" "What is done";
    Ink: GaugeLeft "gauge.left" "What is left to do";
    Ink: Error "error" "What went wrong";
    Ink: Advice "advice" "What to do about it";
}

impl Role {
    /// Its number: the place in [`Role::ALL`] and in a theme.
    pub const fn number(self) -> usize {
        self as usize
    }

    /// The role of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|role| role.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_numbers_are_places() {
        for (place, role) in Role::ALL.iter().enumerate() {
            assert_eq!(role.number(), place);
            assert_eq!(Role::named(role.name()), Some(*role), "{} stands twice", role.name());
        }
    }
}
