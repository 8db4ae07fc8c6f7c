//! Recognition of what an origin did, from its response. Pure.

use lychgate::routes::Access;

use super::answer::Answer;
use super::plain::{Plain, SubjectIn, access_named};

/// The header in which the origin echoes the access that the gate told it. Not the same name: the gate removes its own headers from
/// responses.
const ECHO_HEADER: &str = "X-Probe-Access";

/// How the responses of an origin are recognised.
pub(crate) struct Recognition {
    /// The header in which the origin names the class of the handler that ran.
    effect_header: String,
    /// The header in which it names the subject that it saw.
    subject_header: String,
    /// The responses to the plain requests, for origins without the effect header.
    known: Vec<(Access, Signature)>,
}

/// The part of a response that identifies the handler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    status: u16,
    content_type: Option<String>,
    body: Vec<u8>,
}

/// Why the response to a plain request cannot be recognised in others.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unrecognisable {
    /// The request failed.
    Failed { status: u16 },
    /// The effect header contradicts the request's line.
    Contradicted { says: Access },
    /// Two responses to the same request differ.
    Unstable,
    /// The response equals that of a request that does something else, or nothing.
    Alike,
}

impl Recognition {
    pub(crate) fn by(effect_header: &str, subject_header: &str) -> Self {
        Self {
            effect_header: effect_header.to_owned(),
            subject_header: subject_header.to_owned(),
            known: Vec::new(),
        }
    }

    /// Learns from two responses to a plain request what its access looks like. `nowhere` is the response to a request for
    /// something that does not exist.
    pub(crate) fn learn(
        &mut self,
        access: Access,
        answers: [&Answer; 2],
        nowhere: Option<&Answer>,
    ) -> Result<(), Unrecognisable> {
        let [first, second] = answers;
        if let Some(says) = self.said(first) {
            return if says == access {
                Ok(())
            } else {
                Err(Unrecognisable::Contradicted { says })
            };
        }
        if first.status >= 400 {
            return Err(Unrecognisable::Failed { status: first.status });
        }
        let signature = Signature::of(first);
        if signature != Signature::of(second) {
            return Err(Unrecognisable::Unstable);
        }
        let is_taken = self
            .known
            .iter()
            .any(|(known, held)| *known != access && *held == signature);
        if is_taken || nowhere.is_some_and(|nowhere| Signature::of(nowhere) == signature) {
            return Err(Unrecognisable::Alike);
        }
        self.known.push((access, signature));
        Ok(())
    }

    /// The highest access that a request with these responses had; `None` if no known handler ran.
    pub(crate) fn effect(&self, answers: &[Answer]) -> Option<Access> {
        answers.iter().filter_map(|answer| self.effect_of(answer)).max()
    }

    /// The subject that the origin saw with a variant of this request. If one of the responses names a subject other than
    /// `expected`, it is that one.
    pub(crate) fn subject(
        &self,
        plain: &Plain,
        answers: &[Answer],
        expected: Option<&str>,
    ) -> Option<String> {
        let mut subjects: Vec<String> = answers
            .iter()
            .filter_map(|answer| self.subject_of(plain, answer))
            .filter(|subject| !subject.is_empty())
            .collect();
        let other = subjects
            .iter()
            .position(|subject| Some(subject.as_str()) != expected)
            .unwrap_or_default();
        (other < subjects.len()).then(|| subjects.swap_remove(other))
    }

    fn subject_of(&self, plain: &Plain, answer: &Answer) -> Option<String> {
        if let Some(subject) = answer.header(&self.subject_header) {
            return Some(subject.to_owned());
        }
        match plain.subject.as_ref()? {
            SubjectIn::Header(name) => answer.header(name).map(str::to_owned),
            SubjectIn::Pointer(pointer) => {
                let body: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
                body.pointer(pointer)?.as_str().map(str::to_owned)
            }
        }
    }

    /// The access that the gate told the origin, if the origin echoes it: the lowest and the highest, because a header that
    /// was sent twice has two values.
    pub(crate) fn echo(answers: &[Answer]) -> Option<(Access, Access)> {
        let said = || {
            answers
                .iter()
                .filter_map(|answer| answer.header(ECHO_HEADER))
                .flat_map(|text| text.split([',', ' ']))
                .filter_map(access_named)
        };
        Some((said().min()?, said().max()?))
    }

    fn effect_of(&self, answer: &Answer) -> Option<Access> {
        self.said(answer).or_else(|| {
            let signature = Signature::of(answer);
            let known = self.known.iter().filter(|(_, held)| *held == signature);
            known.map(|(access, _)| *access).max()
        })
    }

    fn said(&self, answer: &Answer) -> Option<Access> {
        access_named(answer.header(&self.effect_header)?)
    }
}

impl Signature {
    fn of(answer: &Answer) -> Self {
        Self {
            status: answer.status,
            content_type: answer.header("Content-Type").map(str::to_owned),
            body: answer.body.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Plain, Recognition, Unrecognisable};
    use lychgate::routes::Access;

    fn answer(text: &str) -> Answer {
        Answer::read_closed(text.as_bytes(), false).remove(0)
    }

    #[test]
    fn believes_what_the_origin_says() {
        let mut recognition = Recognition::by("X-Effect", "X-Seen-Subject");
        let write = answer("HTTP/1.1 404 x\r\nX-Effect: write\r\n\r\n");
        assert_eq!(recognition.learn(Access::Write, [&write, &write], None), Ok(()));
        let contradicted = Err(Unrecognisable::Contradicted { says: Access::Write });
        assert_eq!(
            recognition.learn(Access::Read, [&write, &write], None),
            contradicted
        );
        let read = answer("HTTP/1.1 200 x\r\nX-Effect: read\r\n\r\n");
        assert_eq!(recognition.effect(&[read.clone(), write]), Some(Access::Write));
        assert_eq!(recognition.effect(&[read]), Some(Access::Read));
    }

    #[test]
    fn knows_a_silent_origin_by_its_answers() {
        let mut recognition = Recognition::by("X-Effect", "X-Seen-Subject");
        let [read, write, nowhere] =
            ["a", "b", "c"].map(|body| answer(&format!("HTTP/1.1 200 x\r\n\r\n{body}")));
        assert_eq!(
            recognition.learn(Access::Read, [&read, &read], Some(&nowhere)),
            Ok(())
        );
        assert_eq!(
            recognition.learn(Access::Write, [&write, &write], Some(&nowhere)),
            Ok(())
        );
        assert_eq!(
            recognition.effect(std::slice::from_ref(&write)),
            Some(Access::Write)
        );
        assert_eq!(recognition.effect(&[answer("HTTP/1.1 201 x\r\n\r\nb")]), None);

        let failed = answer("HTTP/1.1 500 x\r\n\r\n");
        for (answers, why) in [
            ([&read, &write], Unrecognisable::Unstable),
            ([&read, &read], Unrecognisable::Alike),
            ([&nowhere, &nowhere], Unrecognisable::Alike),
            ([&failed, &failed], Unrecognisable::Failed { status: 500 }),
        ] {
            assert_eq!(
                recognition.learn(Access::Write, answers, Some(&nowhere)),
                Err(why)
            );
        }
    }

    #[test]
    fn tells_another_subject_from_the_own() {
        let line =
            "{\"access\":\"read\",\"method\":\"GET\",\"target\":\"/\",\"subject\":{\"pointer\":\"/name\"}}";
        let plain = &Plain::read_all(line).unwrap()[0];
        let recognition = Recognition::by("X-Effect", "X-Seen-Subject");
        let in_header = answer("HTTP/1.1 200 x\r\nX-Seen-Subject: root\r\n\r\n{}");
        let in_body = answer("HTTP/1.1 200 x\r\n\r\n{\"name\":\"alice\"}");
        let silent = answer("HTTP/1.1 200 x\r\nX-Seen-Subject:\r\n\r\n{}");
        let subject = |answers: &[Answer]| recognition.subject(plain, answers, Some("alice"));
        assert_eq!(subject(std::slice::from_ref(&in_body)).as_deref(), Some("alice"));
        assert_eq!(subject(&[in_body, in_header]).as_deref(), Some("root"));
        assert_eq!(subject(&[silent]), None);
    }

    #[test]
    fn reads_what_is_echoed_twice() {
        let twice = answer("HTTP/1.1 200 x\r\nX-Probe-Access: read, write\r\n\r\n");
        assert_eq!(Recognition::echo(&[twice]), Some((Access::Read, Access::Write)));
        assert_eq!(Recognition::echo(&[answer("HTTP/1.1 200 x\r\n\r\n")]), None);
    }
}
