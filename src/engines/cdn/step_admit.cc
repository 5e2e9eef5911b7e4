// Who is asked, and whether he takes such a request at all.
#include "engines/cdn/request.h"
#include "engines/cdn/rules/geo_rules.h"
#include "engines/cdn/rules/method_rules.h"
#include "engines/cdn/rules/protocol_rules.h"
#include "engines/cdn/rules/staging.h"

namespace meridian::engines::cdn {

void write_host_name(std::string_view host, std::string& name) {
  const std::size_t bracket = host.starts_with('[') ? host.find(']') : 0;
  name = host.substr(0, host.find(':', bracket));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  if (name.ends_with('.')) name.pop_back();
}

std::string host_name(std::string_view host) {
  std::string name;
  write_host_name(host, name);
  return name;
}

// Whose certificate was shown has to own what is asked for, or the viewer is to connect to the right name
// (CloudFront's rule against domain fronting). A name of nobody's was shown the deployment's own.
bool Request::is_fronted(std::string_view host) const {
  const std::string& shown = viewer_->connection().server_name;
  if (shown.empty() || shown == host) return false;
  const auto owner = site_.served.find_host(host_name(shown));
  return owner && owner->distribution->account != served_->distribution->account;
}

Request::Next Request::find_distribution() {
  served_ = site_.served.find_again(request_.host);
  std::string_view host = request_.host;
  if (!served_) {
    write_host_name(request_.host, space_->host);
    host = space_->host;
    served_ = site_.served.find_host(host);
  }
  if (!served_) return refuse(rules::Refusal::UnknownHost);
  if (is_fronted(host)) return refuse(rules::Refusal::Misdirected);
  if (!served_->distribution->enabled) return refuse(rules::Refusal::Disabled);
  if (const auto refusal = rules::refuse_length(request_.head_bytes, request_.target.size()))
    return refuse(*refusal);
  return Next::Step;
}

Request::Next Request::choose_staging() {
  const auto& policy = served_->distribution->continuous_deployment;
  if (!policy) return Next::Step;
  const double draw = static_cast<double>(site_.worker.random.next() >> 11) * 0x1p-53;
  rules::StagingChoice choice = rules::choose_staging(*policy, request_.fields, time(), draw);
  session_cookie_ = std::move(choice.set_cookie);
  if (!session_cookie_.empty()) {
    request_.fields = rules::without_session_cookie(request_.fields, without_session_);
    fields_ = request_.fields;
  }
  if (!choice.staging) return Next::Step;
  auto staging = site_.served.find_id(policy->staging_id);
  if (staging && staging->distribution->enabled) served_ = std::move(staging);
  return Next::Step;
}

// CF:DefaultRootObject: of the root alone.
Request::Next Request::choose_behavior() {
  const snapshots::cdn::Distribution& distribution = *served_->distribution;
  path_ = request_.path;
  if (path_ == "/" && !distribution.default_root_object.empty()) path_ += distribution.default_root_object;
  behavior_ = &distribution.behaviors[served_->match.match(path_)];
  return Next::Step;
}

const snapshots::location::Place& Request::place() {
  if (!place_) place_ = site_.locate(viewer_->connection().peer.ip);
  return *place_;
}

Request::Next Request::check_geo() {
  if (rules::restricts(served_->distribution->geo) &&
      rules::is_geo_blocked(served_->distribution->geo, place().country.text()))
    return refuse(rules::Refusal::GeoBlocked);
  if (behavior_->generated.empty() && !rules::has_cloudfront_headers(request_.fields)) return Next::Step;
  const ViewerConnection& connection = viewer_->connection();
  rules::Viewer viewer;
  viewer.address = connection.peer;
  viewer.version = request_.version;
  viewer.tls = connection.tls;
  viewer.tls_version = connection.tls_version;
  viewer.tls_cipher = connection.tls_cipher;
  viewer.tls_session = connection.tls_session;
  viewer.place = &place();
  geo_db::Details details;
  if (!behavior_->generated.empty() && rules::needs_details(behavior_->generated)) {
    details = site_.details(connection.peer.ip);
    viewer.details = &details;
  }
  fields_ = rules::with_cloudfront_headers(request_.fields, behavior_->generated, viewer, generated_);
  return Next::Step;
}

Request::Next Request::check_protocol() {
  const rules::ProtocolChoice choice = rules::choose_protocol(
      behavior_->viewer_protocol, viewer_->connection().tls, request_.method, request_.version);
  switch (choice.kind) {
    case rules::ProtocolChoice::Kind::Serve:
      return Next::Step;
    case rules::ProtocolChoice::Kind::Redirect:
      return redirect(choice.status);
    case rules::ProtocolChoice::Kind::Refuse:
      break;
  }
  return refuse(rules::Refusal::HttpsOnly);
}

Request::Next Request::check_method() {
  is_grpc_ = rules::is_grpc(*behavior_, request_.method, request_.version, request_.fields);
  if (const auto refusal = rules::refuse_method(*behavior_, request_.method, request_.has_body))
    return refuse(*refusal);
  return Next::Step;
}

Request::Next Request::redirect(int status) {
  redirected_ = true;
  rules::FieldList kept;
  kept.add_copy("Location", rules::https_location(request_.host, site_.settings.https_port, request_.target));
  kept.add("Content-Type", "text/html");
  reply_with(status, kept, "");
  return Next::Wait;
}

}  // namespace meridian::engines::cdn
