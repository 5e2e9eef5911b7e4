// Which requests are S3's though no operation describes them, told by their heads alone.
#include "services/s3/preflight.h"
#include "services/s3/service.h"
#include "services/s3/website.h"
#include "services/s3/website_host.h"

namespace meridian::services::s3 {

void S3::set_website_domains(const std::vector<std::string>& domains) {
  for (const std::string& domain : domains) website_domains_.push_back(host_name(domain));
}

std::optional<std::string> S3::website_bucket(const aws::HttpRequest& head, aws::Listener listener) const {
  const std::string_view host = head.headers.get("host");
  auto bucket = bucket_of_website_host(host, website_domains_);
  // A website of its own name has a bucket of that name: an alias record leads www.example.com here.
  if (!bucket && listener == aws::Listener::Website) bucket = host_name(host);
  return bucket;
}

std::unique_ptr<aws::UnmodelledCall> S3::unmodelled(const aws::HttpRequest& head, aws::Listener listener) {
  if (auto bucket = website_bucket(head, listener)) return make_website_call(*this, *std::move(bucket), head);
  if (head.method == "OPTIONS") return make_preflight_call(*this, head);
  return make_form_call(*this, head);
}

}  // namespace meridian::services::s3
