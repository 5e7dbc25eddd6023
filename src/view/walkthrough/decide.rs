//! The popups in which people decide: choosing an answer, a verdict or a report, and the line on which they say why.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::super::filter::edit_of;
use super::super::{Ctx, Outcome, View, Want, moved};
use crate::case::{Answer, Verdict};
use crate::domain::{Limits, foreign};
use crate::evidence::{Dossier, Point};
use crate::investigation::{Action, Msg};
use crate::keymap::Mode;
use crate::report::EXPORTERS;
use crate::theme::Role;
use crate::widget::prompt::{Edit, Prompt};
use crate::widget::{popup, text};

/// What a choice or a typed line is for.
#[derive(Clone, PartialEq, Debug)]
pub enum Purpose {
    /// The answer to a step.
    Answer {
        /// Id of the step.
        step: String,
        /// The answer.
        answer: Answer,
    },
    /// A note, on a step where one is named.
    Note {
        /// Id of the step.
        step: Option<String>,
    },
    /// The verdict.
    Verdict(Verdict),
    /// A report in this format.
    Report(&'static str),
    /// Another folder for cases.
    Elsewhere,
}

impl Purpose {
    fn title(&self) -> String {
        match self {
            Self::Answer { answer, .. } => format!("{}: why? (may stay empty)", answer.words()),
            Self::Note { step: Some(_) } => "Note on this step".to_owned(),
            Self::Note { step: None } => "Note on the case".to_owned(),
            Self::Verdict(verdict) => format!("{}: why? (may stay empty)", verdict.words()),
            Self::Report(_) => String::new(),
            Self::Elsewhere => "Folder in which cases are kept from now on".to_owned(),
        }
    }

    /// What is wanted once the line is typed.
    fn done(&self, typed: &str) -> Vec<Want> {
        let typed = typed.trim().to_owned();
        let msg = match self {
            Self::Answer { step, answer } => Msg::StepAnswered { step: step.clone(), answer: *answer, note: typed },
            Self::Note { .. } if typed.is_empty() => return vec![Want::Close],
            Self::Note { step } => Msg::NoteTaken { step: step.clone(), text: typed },
            Self::Verdict(verdict) => Msg::VerdictGiven { verdict: *verdict, note: typed },
            Self::Report(format) => Msg::ReportWanted { format },
            Self::Elsewhere if typed.is_empty() => return vec![Want::Close],
            Self::Elsewhere => Msg::SavedElsewhere(typed),
        };
        vec![Want::Close, Want::Msg(msg)]
    }
}

/// A line to be typed.
pub struct Typed {
    purpose: Purpose,
    prompt: Prompt,
}

impl Typed {
    /// An empty line.
    pub fn new(purpose: Purpose) -> Self {
        Self { purpose, prompt: Prompt::with("") }
    }

    fn frame(area: Rect) -> Rect {
        let place = popup::place(area, area.width.min(90), 3);
        Rect { y: area.bottom().saturating_sub(place.height), ..place }
    }
}

impl View for Typed {
    fn id(&self) -> &'static str {
        "note"
    }

    fn mode(&self) -> Mode {
        Mode::Prompt
    }

    fn act(&mut self, action: Action, _cx: &Ctx<'_>) -> Outcome {
        match action {
            Action::Enter => Outcome::Consumed(self.purpose.done(self.prompt.text())),
            Action::Back => Outcome::Consumed(vec![Want::Close]),
            _ => match edit_of(action) {
                Some(edit) => {
                    self.prompt.edit(edit);
                    Outcome::done()
                }
                None => Outcome::Ignored,
            },
        }
    }

    fn typed(&mut self, character: char, _cx: &Ctx<'_>) -> Outcome {
        self.prompt.edit(Edit::Insert(character));
        Outcome::done()
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let inner = popup::frame(&self.purpose.title(), cx.pen, Self::frame(area), buf);
        self.prompt.draw("> ", cx.pen, Rect { height: inner.height.min(1), ..inner }, buf);
    }

    fn cursor(&self, cx: &Ctx<'_>, area: Rect) -> Option<Position> {
        let inner = popup::inside(Self::frame(area));
        self.prompt.draw("> ", cx.pen, Rect { height: inner.height.min(1), ..inner }, &mut Buffer::empty(inner))
    }
}

/// A few things to choose from, by cursor or by number, with what helps to choose below them.
pub struct Choice {
    title: &'static str,
    items: Vec<(&'static str, &'static str, Purpose)>,
    below: Vec<(String, Role)>,
    selected: usize,
}

impl Choice {
    /// The answers to a step.
    pub fn answers(step: &str) -> Self {
        let meaning = |answer: Answer| match answer {
            Answer::LooksBad => "it speaks for an attack",
            Answer::LooksBenign => "it speaks for ordinary work",
            Answer::CannotTell => "the data does not say",
            Answer::Done => "it was carried out",
            Answer::NotApplicable => "it does not apply here",
        };
        let item = |answer: Answer| (answer.words(), meaning(answer), Purpose::Answer { step: step.to_owned(), answer });
        Self { title: "Your answer", items: Answer::ALL.into_iter().map(item).collect(), below: Vec::new(), selected: 0 }
    }

    /// The verdicts, with what the program found for and against.
    pub fn verdicts(dossier: Option<&Dossier>) -> Self {
        let meaning = |verdict: Verdict| match verdict {
            Verdict::TruePositive => "an attack",
            Verdict::BenignTruePositive => "the rule is right, and it was wanted: an admin, a test",
            Verdict::FalsePositive => "nothing of what the rule is for",
            Verdict::Undetermined => "it stays open",
        };
        let item = |verdict: Verdict| (verdict.words(), meaning(verdict), Purpose::Verdict(verdict));
        let mut below = Vec::new();
        if let Some(dossier) = dossier {
            below.push((format!("The program suggests: {}", dossier.suggests.words()), Role::Strong));
            let mut list = |lead: &str, points: &[Point]| {
                below.extend(
                    points.iter().enumerate().map(|(place, point)| (format!("{}{}", if place == 0 { lead } else { "         " }, point.text), Role::Text)),
                );
            };
            list("For      ", &dossier.speaks_for);
            list("Against  ", &dossier.against);
            if !dossier.completeness.is_whole() {
                below.push((format!("The data is partial: {}", dossier.completeness.words()), Role::BadgePartial));
            }
        }
        Self { title: "Verdict: a person decides", items: Verdict::ALL.into_iter().map(item).collect(), below, selected: 0 }
    }

    /// What can be written of a case.
    pub fn reports() -> Self {
        let mut items: Vec<(&'static str, &'static str, Purpose)> =
            EXPORTERS.iter().map(|exporter| (exporter.format(), exporter.about(), Purpose::Report(exporter.format()))).collect();
        items.extend([
            ("case bundle", "the whole case as one file that proves itself", Purpose::Report("bundle")),
            ("save elsewhere", "keep cases in another folder from now on", Purpose::Elsewhere),
        ]);
        Self { title: "Report", items, below: Vec::new(), selected: 0 }
    }

    fn frame(&self, area: Rect) -> Rect {
        let inner = usize::from(area.width.min(100).saturating_sub(4));
        let below: usize = self.below.iter().map(|(line, _)| text::wrap(line, inner).len()).sum();
        let gap = usize::from(below > 0);
        popup::place(area, area.width.min(100), u16::try_from(self.items.len() + below + gap + 2).unwrap_or(u16::MAX))
    }

    fn chosen(&self, place: usize) -> Outcome {
        let Some((_, _, purpose)) = self.items.get(place) else { return Outcome::done() };
        match purpose {
            Purpose::Report(_) => Outcome::Consumed(purpose.done("")),
            other => Outcome::Consumed(vec![Want::Close, Want::Layer(Box::new(Typed::new(other.clone())))]),
        }
    }
}

impl View for Choice {
    fn id(&self) -> &'static str {
        "choice"
    }

    fn mode(&self) -> Mode {
        Mode::Popup
    }

    fn footer(&self) -> Vec<Action> {
        vec![Action::Enter, Action::Back]
    }

    fn act(&mut self, action: Action, _cx: &Ctx<'_>) -> Outcome {
        if let Some(number) = action.tab() {
            return self.chosen(number.saturating_sub(1));
        }
        if action == Action::Enter {
            return self.chosen(self.selected);
        }
        match moved(action, self.selected, self.items.len(), self.items.len()) {
            Some(selected) => {
                self.selected = selected;
                Outcome::done()
            }
            None => Outcome::Ignored,
        }
    }

    fn render(&self, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
        let pen = cx.pen;
        let inner = popup::frame(self.title, pen, self.frame(area), buf);
        let items: Vec<Line<'_>> = self
            .items
            .iter()
            .zip(1..)
            .map(|((word, meaning, _), number)| {
                Line::from(vec![
                    Span::styled(format!("{number} "), pen.style(Role::Key)),
                    Span::styled(format!("{word:<22}"), pen.style(Role::Strong)),
                    Span::styled((*meaning).to_owned(), pen.style(Role::Muted)),
                ])
            })
            .collect();
        popup::list(&items, self.selected, 0, pen, inner, buf);
        let taken = u16::try_from(items.len() + 1).unwrap_or(u16::MAX).min(inner.height);
        let below = Rect { y: inner.y.saturating_add(taken), height: inner.height.saturating_sub(taken), ..inner };
        let lines = self.below.iter().flat_map(|(line, role)| {
            let safe = foreign::sanitize(line, Limits::DETAIL).into_string();
            text::wrap(&safe, usize::from(inner.width)).into_iter().map(|part| Line::from(Span::styled(part, pen.style(*role)))).collect::<Vec<_>>()
        });
        popup::lines(&lines.collect::<Vec<_>>(), 0, pen, below, buf);
    }
}
