// Behaviors that cache too much, too little, or for the wrong viewer.
#include <fmt/format.h>

#include <algorithm>

#include "apps/doctor/cdn_fixes.h"
#include "apps/doctor/cdn_rules.h"
#include "engines/cdn/rules/wildcard.h"

namespace meridian::apps::doctor {
namespace {

// Each behavior of each distribution that `is_trap` holds for.
template <typename IsTrap, typename Tell>
Findings find_behaviors(const Picture& picture, IsTrap is_trap, Tell tell) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions)
    for (const CdnBehavior& behavior : behaviors_of(picture.cdn(), distribution))
      if (is_trap(behavior)) {
        Finding finding = tell(distribution, behavior);
        finding.resource = of(picture, distribution, "behavior " + behavior.pattern);
        out.push_back(std::move(finding));
      }
  return out;
}

void use_policies(auto& settings, const char* cache, const char* request) {
  settings.CachePolicyId = cache;
  if (request) settings.OriginRequestPolicyId = request;
  settings.ForwardedValues.reset();
  settings.MinTTL.reset();
  settings.DefaultTTL.reset();
  settings.MaxTTL.reset();
}

std::vector<ShellCommand> never_cache(const DistributionFacts& distribution, const CdnBehavior& behavior) {
  return put_changed(distribution, behavior,
                     [](auto& settings) { use_policies(settings, kCachingDisabled, kAllViewerExceptHost); });
}

bool takes_writes(const CdnBehavior& behavior) {
  const auto& methods = behavior.settings.AllowedMethods;
  return methods && std::ranges::find(methods->Items, "POST") != methods->Items.end();
}

bool is_bucket(const CdnBehavior& behavior) {
  return behavior.origin && bucket_of(*behavior.origin).has_value();
}

// Stars of `pattern` stand for nothing, and for something that no star of a text means.
bool covers_all_of(const std::string& earlier, const std::string& later) {
  const auto rooted = [](const std::string& pattern) {
    return pattern.starts_with('/') || pattern.starts_with('*') ? pattern : "/" + pattern;
  };
  for (const char* star : {"", "\x01\x02\x03"}) {
    std::string text;
    for (const char c : rooted(later)) {
      if (c == '*')
        text += star;
      else
        text += c == '?' ? '\x01' : c;
    }
    // What begins with a star begins with a slash.
    if (!text.starts_with('/')) text.insert(0, "/");
    if (!engines::cdn::rules::matches_wildcard(rooted(earlier), text)) return false;
  }
  return true;
}

}  // namespace

Findings cdn_shared_between_users(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        return behavior.caches_by_default() && behavior.headers.has("authorization") &&
               !behavior.key_headers.has("authorization");
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            "The origin sees Authorization, which is no part of the cache key: what it answers to one "
            "user, others get from the cache.",
            {"Keep nothing of what depends on who asks:", never_cache(distribution, behavior)}};
      });
}

Findings cdn_set_cookie_cached(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        return behavior.caches_by_default() && behavior.cookies.any() && !behavior.key_cookies.any();
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            "Cookies go to the origin and are no part of the cache key: an answer with Set-Cookie is kept, "
            "and gives one viewer's session to the next.",
            {"Keep nothing of what depends on cookies:", never_cache(distribution, behavior)}};
      });
}

Findings cdn_host_to_bucket(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) { return is_bucket(behavior) && behavior.headers.has("host"); },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            "S3 finds the bucket by Host, and gets the viewer's: it knows no such bucket, or refuses the "
            "signature.",
            {"Forward what S3 needs for CORS, and no Host:",
             put_changed(distribution, behavior, [&](auto& settings) {
               if (settings.ForwardedValues || behavior.key_headers.has("host"))
                 use_policies(settings, kCachingOptimized, nullptr);
               settings.OriginRequestPolicyId = kCorsS3Origin;
             })}};
      });
}

Findings cdn_behavior_shadowed(const Picture& picture) {
  Findings out;
  for (const DistributionFacts& distribution : picture.cdn().distributions) {
    const auto behaviors = behaviors_of(picture.cdn(), distribution);
    for (const CdnBehavior& behavior : behaviors) {
      if (behavior.is_default) continue;
      const auto earlier = std::ranges::find_if(behaviors, [&](const CdnBehavior& other) {
        return other.index < behavior.index && covers_all_of(other.pattern, behavior.pattern);
      });
      if (earlier == behaviors.end()) continue;
      out.push_back(
          {of(picture, distribution, "behavior " + behavior.pattern),
           fmt::format("{} comes before it and matches every path that it does: it is never chosen.",
                       earlier->pattern),
           {"Put the narrower one first:", put_changed(distribution, [&](cf::DistributionConfig& config) {
              auto& items = *config.CacheBehaviors->Items;
              const auto from = items.begin() + static_cast<std::ptrdiff_t>(behavior.index);
              std::rotate(items.begin() + static_cast<std::ptrdiff_t>(earlier->index), from, from + 1);
            })}});
    }
  }
  return out;
}

Findings cdn_api_cached(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        const bool is_api = behavior.pattern.find("api") != std::string::npos || takes_writes(behavior);
        return is_api && !behavior.is_default && !is_bucket(behavior) && behavior.caches_by_default() &&
               !behavior.headers.has("authorization") && !behavior.cookies.any();
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            fmt::format("An API, whose answers are kept for {} s when it does not say how long, and which "
                        "sees neither cookies nor Authorization.",
                        std::max(behavior.minimum, behavior.fallback)),
            {"Keep nothing, and let it see the viewer's request:", never_cache(distribution, behavior)}};
      });
}

Findings cdn_minimum_ttl(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        // CachingOptimized has a second, which AWS thinks harmless.
        return behavior.caches() && behavior.minimum > 1;
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        Fix fix{"Make the Minimum TTL 0 where the origin is to decide.", {}};
        if (behavior.settings.ForwardedValues)
          fix.commands = put_changed(distribution, behavior, [](auto& settings) { settings.MinTTL = 0; });
        else
          fix.look = {ShellCommand("aws cloudfront get-cache-policy-config")
                          .option("id", behavior.settings.CachePolicyId.value_or(""))};
        return Finding{
            {},
            fmt::format("The Minimum TTL is {} s: no-cache, no-store and private of the origin are "
                        "overridden, and everything is kept for as long.",
                        behavior.minimum),
            std::move(fix)};
      });
}

Findings cdn_authorization_in_key(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        return behavior.caches_by_default() && behavior.key_headers.has("authorization");
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            "Authorization is in the cache key: each token has copies of its own, and hardly anything is "
            "found again.",
            {"Keep nothing, and forward it by the origin request policy:",
             never_cache(distribution, behavior)}};
      });
}

Findings cdn_compression_off(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) {
        if (!behavior.known) return false;
        const bool asked = behavior.settings.Compress.value_or(false);
        const bool able = behavior.caches_by_default() && (behavior.gzip || behavior.brotli);
        return asked ? !able : is_bucket(behavior) && behavior.caches_by_default();
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        if (!behavior.settings.Compress.value_or(false))
          return Finding{
              {},
              "Compress is off, and a bucket compresses nothing: texts go out three to five times as long.",
              {"Compress:",
               put_changed(distribution, behavior, [](auto& settings) { settings.Compress = true; })}};
        return Finding{{},
                       behavior.caches_by_default()
                           ? "Compress is on, but the cache policy enables neither gzip nor brotli: nothing "
                             "is compressed."
                           : "Compress is on, but only what is kept is compressed, and here the TTL is 0.",
                       {"Let the origin compress, or let its answers be kept for a second.", {}}};
      });
}

Findings cdn_cors_not_forwarded(const Picture& picture) {
  return find_behaviors(
      picture,
      [&](const CdnBehavior& behavior) {
        const auto name = behavior.origin ? bucket_of(*behavior.origin) : std::nullopt;
        const auto bucket = name ? picture.cdn().buckets.find(*name) : picture.cdn().buckets.end();
        return bucket != picture.cdn().buckets.end() && bucket->second.has_cors && behavior.known &&
               !behavior.headers.has("origin");
      },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{
            {},
            "The bucket has CORS rules, but never sees Origin: its answers carry no Access-Control headers, "
            "and browsers refuse them to other sites.",
            {"Forward Origin and the headers of preflights:",
             put_changed(distribution, behavior, [](auto& settings) {
               if (settings.ForwardedValues) use_policies(settings, kCachingOptimized, nullptr);
               settings.OriginRequestPolicyId = kCorsS3Origin;
             })}};
      });
}

Findings cdn_plain_viewers(const Picture& picture) {
  return find_behaviors(
      picture,
      [](const CdnBehavior& behavior) { return behavior.settings.ViewerProtocolPolicy == "allow-all"; },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        return Finding{{},
                       "Viewers may ask in plain text.",
                       {"Lead them to HTTPS:", put_changed(distribution, behavior, [](auto& settings) {
                          settings.ViewerProtocolPolicy = "redirect-to-https";
                        })}};
      });
}

Findings cdn_forwarded_values(const Picture& picture) {
  return find_behaviors(
      picture, [](const CdnBehavior& behavior) { return behavior.settings.ForwardedValues.has_value(); },
      [](const DistributionFacts& distribution, const CdnBehavior& behavior) {
        Fix fix{"Choose a cache policy and an origin request policy that say the same.", {}};
        const bool nothing = !behavior.cookies.any() && !behavior.key_headers.any() &&
                             !behavior.settings.ForwardedValues->QueryString;
        if (nothing) {
          fix.words = "It forwards nothing, as CachingOptimized does:";
          fix.commands = put_changed(distribution, behavior, [](auto& settings) {
            use_policies(settings, kCachingOptimized, nullptr);
          });
        }
        return Finding{{},
                       "ForwardedValues is the old way: it can forward nothing without caching by it, and "
                       "knows no brotli.",
                       std::move(fix)};
      });
}

}  // namespace meridian::apps::doctor
