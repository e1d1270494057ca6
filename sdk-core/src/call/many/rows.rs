//! The way of each row: taken, sent, ended.

use bytes::Bytes;

use super::{
    CallMany,
    gate::Verdict,
    result::CallResult,
    row::{Ended, Input, Outcome, Row, Stop},
    run_ledger::Need,
};
use crate::{
    call::received::send_one_of_many,
    config::log_level::LogLevel,
    error::Error,
    ledger::Claim,
    response::call_response::CallResponse,
    send::held::Refused,
    telemetry::{attributes::End, span::CallSpan},
};

impl CallMany {
    pub(super) fn begin_row(&mut self, index: usize, input: Result<Input, Error>) {
        let Input { json: input, trace, id } = match input {
            Ok(input) => input,
            Err(error) => return self.finish(index, Bytes::new(), Err(error), false),
        };
        let plan = self.call.again().input_json(input.clone()).trace(trace).into_plan(false);
        match plan.and_then(|plan| Ok((plan, self.ledger.need(index, &input, id)?))) {
            Ok((plan, Need::Sending(claim))) => self.send(Row { index, input, plan, span: None, held: None, claim }),
            Ok((_, Need::Nothing(response))) => self.finish(index, input, Ok(*response), true),
            Ok((_, Need::Waiting)) => {}
            Err(error) => self.finish(index, input, Err(error), false),
        }
    }

    /// Sends a row, unless the rest is not sent.
    pub(super) fn send(&mut self, mut row: Row) {
        if let Some(stop) = &self.stop {
            let error = row.stopped(stop);
            return self.finish_row(row, Err(error));
        }
        if let Some(claim) = &row.claim {
            self.ledger.begin(claim);
        }
        let window = self.gate.pass();
        let context = self.call.context.clone();
        let parent = self.call.parent.clone();
        let max_window_wait = self.gate.max_wait;
        self.in_flight.push(Box::pin(async move {
            if let Some(claim) = &mut row.claim
                && let Err(problem) = claim.begin().await
            {
                return Ended { row, window, outcome: Outcome::NotClaimed(problem) };
            }
            let begin = || CallSpan::begin(context.log, &mut row.plan, &parent, false);
            let mut span = row.span.take().unwrap_or_else(begin);
            let held = row.held.take();
            let result = send_one_of_many(&context, &row.plan, &mut span, held, max_window_wait).await;
            row.span = Some(span);
            if let Some(claim) = &mut row.claim {
                let ended = result.as_ref().map_err(|refused| match refused {
                    Refused::Final { error, .. } => error,
                    Refused::Window(held) => &held.error,
                });
                claim.end(ended).await;
            }
            Ended { row, window, outcome: Outcome::Sent(result) }
        }));
    }

    pub(super) fn end(&mut self, Ended { mut row, window, outcome }: Ended) {
        if let Some(problem) = row.claim.as_mut().and_then(Claim::take_problem) {
            self.warn(&problem);
            self.stop.get_or_insert_with(|| Stop { cause: problem.again(), reason: "" });
            self.unrecorded.get_or_insert(problem);
        }
        let result = match outcome {
            Outcome::Sent(Ok(response)) => {
                self.gate.succeeded(response.rate_limit, self.in_flight.len());
                Ok(response)
            }
            Outcome::Sent(Err(Refused::Final { error, concerns_all })) => {
                if concerns_all {
                    self.stop.get_or_insert_with(|| Stop { cause: error.again(), reason: "" });
                }
                Err(error)
            }
            Outcome::Sent(Err(Refused::Window(held))) => {
                let reason = match self.gate.refused(window, held.reset_after()) {
                    Verdict::Wait => {
                        self.held.insert(row.index, Row { held: Some(held), ..row });
                        return;
                    }
                    Verdict::TooLong => "",
                    Verdict::NoSuccess => "no call succeeded in three windows of the rate limit: ",
                };
                self.stop.get_or_insert_with(|| Stop { cause: held.error.again(), reason });
                Err(held.error)
            }
            Outcome::NotClaimed(cause) => {
                let stop = Stop { cause, reason: "" };
                let error = row.stopped(&stop);
                self.stop.get_or_insert(stop);
                Err(error)
            }
        };
        self.finish_row(row, result);
    }

    /// Finishes a row, and those that have its id.
    fn finish_row(&mut self, mut row: Row, result: Result<CallResponse<Bytes>, Error>) {
        row.end_span(&result.as_ref().map_or_else(End::of_error, End::of_response));
        let followers = row.claim.map(|claim| self.ledger.end(claim)).unwrap_or_default();
        let copy = || result.as_ref().map_or_else(|error| Err(error.again()), |response| Ok(response.clone()));
        let copies: Vec<_> = followers.into_iter().map(|follower| (follower, copy())).collect();
        self.finish(row.index, row.input, result, false);
        for (follower, copy) in copies {
            let replayed = copy.is_ok();
            self.finish(follower.index, follower.input, copy, replayed);
        }
    }

    pub(super) fn finish(
        &mut self,
        index: usize,
        input: Bytes,
        result: Result<CallResponse<Bytes>, Error>,
        replayed: bool,
    ) {
        let place = if self.in_order { index } else { self.ended };
        self.ended += 1;
        self.finished.insert(place, CallResult { index, input, result, replayed });
    }

    /// Warns of a line that is not written. A line of a log is one.
    fn warn(&self, problem: &Error) {
        let (capability, text) = (self.call.name(), problem.text().lines().next().unwrap_or_default());
        tracing::warn!(capability, "{text}");
        self.call
            .context
            .log
            .line(LogLevel::Warn, "ledger", |line| line.field("capability", capability).field("message", text));
    }
}
