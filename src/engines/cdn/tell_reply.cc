// What explain says of the reply: error pages, conditions, compression, and what a policy does to the head.
#include <fmt/format.h>

#include "engines/cdn/request.h"
#include "engines/cdn/rules/error_page.h"
#include "engines/cdn/rules/response_headers_policy.h"

namespace meridian::engines::cdn {

void Request::tell_error() {
  if (!answer_) return;
  const int status = answer_->object->status;
  if (status < 400) return;
  if (refusal_ && !trace_->in_page())
    trace_->add("refused", fmt::format("{}: {}", status, rules::facts_of(*refusal_).sentence),
                {{"status", static_cast<std::int64_t>(status)},
                 {"detailed_result", std::string(rules::facts_of(*refusal_).detailed_result)}});
  if (!served_) return;
  if (trace_->in_page()) {
    trace_->add("error page",
                fmt::format("cannot be had either ({}): the viewer sees how it failed", status));
  } else if (page_) {
    trace_->add("error page",
                fmt::format("{} has the page {}, shown as {}; the error is kept for {} s", status,
                            page_->page_path, rules::shown_status(*page_), page_->caching_minimum.count()),
                {{"page_path", page_->page_path},
                 {"shown_status", static_cast<std::int64_t>(rules::shown_status(*page_))}});
    trace_->begin_page();
    std::vector<std::string> lines;
    (void)served_->match.explain(path_, lines);
    trace_->add("behavior", lines.back(), {{"path_pattern", behavior_->path_pattern}});
  } else {
    trace_->add("error page", fmt::format("none for {}", status));
  }
}

// Twice over what is told: the policy's rule, on a head of its own.
void Request::tell_policy(rules::Fields before) {
  if (!behavior_ || !behavior_->response_headers) return;
  const snapshots::cdn::ResponseHeadersPolicy& policy = *behavior_->response_headers;
  rules::FieldList after;
  for (const rules::Field& field : before) after.add(field.name, field.value);
  rules::apply_response_headers_policy(policy, {request_.method, request_.fields}, after);
  std::size_t changes = 0;
  const auto tell = [&](const char* what, const rules::Field& field, std::string text) {
    ++changes;
    trace_->add("headers policy", std::move(text), {{"change", what}, {"header", std::string(field.name)}});
  };
  for (const rules::Field& field : after.fields()) {
    const rules::Field* const was = rules::find(before, field.name);
    if (!was) tell("add", field, fmt::format("adds {}: {}", field.name, field.value));
    if (was && rules::value_of(after, field.name) != was->value)
      tell("replace", field, fmt::format("replaces {}: {}", field.name, field.value));
  }
  for (const rules::Field& field : before)
    if (!rules::has(after, field.name)) tell("remove", field, fmt::format("removes {}", field.name));
  if (changes == 0) trace_->add("headers policy", fmt::format("{} changes nothing here", policy.id));
}

void Request::tell_reply() {
  if (answer_ && !answer_->object->failed) {
    const Object& object = *answer_->object;
    if (status_ == 304) trace_->add("condition", "the viewer's copy is still good");
    const bool ours = status_ != object.status;
    if (ours && status_ == 412) trace_->add("condition", "does not hold");
    if (status_ == 206 && object.status == 200)
      trace_->add("range", multipart_ ? fmt::format("{} parts", parts_.size())
                                      : fmt::format("bytes {} to {}", first_, until_ - 1));
    if (ours && status_ == 416) trace_->add("range", "lies outside of the object");
    if (!object.compression.empty()) {
      const bool coded = rules::has(object.fields, "content-encoding");
      trace_->add("compression",
                  fmt::format("{}: {}", coded ? rules::value_of(object.fields, "content-encoding") : "none",
                              object.compression));
    }
    tell_policy(object.fields);
  } else {
    tell_policy({});
  }
  const std::string_view result = rules::x_cache_text(this->result());
  std::string text = fmt::format("{}, {}", status_, result);
  if (const std::string_view age = rules::value_of(reply_fields_, "age"); !age.empty())
    text += fmt::format(", {} s old", age);
  if (reply_length_) text += fmt::format(", {} bytes", *reply_length_);
  trace_->add("answer", text,
              {{"status", static_cast<std::int64_t>(status_)}, {"x_cache", std::string(result)}});
}

}  // namespace meridian::engines::cdn
