#include "formats/regions/countries.h"

#include <array>

namespace meridian::regions {
namespace {

struct Continent {
  std::string_view code, countries;  // ISO 3166-1 alpha-2, with blanks between; XK is Kosovo's by common use
};
constexpr std::array kContinents = {
    Continent{
        "AF",
        "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW KE KM LR LS LY MA MG ML MR "
        "MU MW MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TG TN TZ UG YT ZA ZM ZW"},
    Continent{"AN", "AQ BV GS HM TF"},
    Continent{
        "AS",
        "AE AF AM AZ BD BH BN BT CC CN CX GE HK ID IL IN IO IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN "
        "MO MV MY NP OM PH PK PS QA SA SG SY TH TJ TL TM TW UZ VN YE"},
    Continent{
        "EU",
        "AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU "
        "LV MC MD ME MK MT NL NO PL PT RO RS RU SE SI SJ SK SM TR UA VA XK"},
    Continent{
        "NA",
        "AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM "
        "PR SV SX TC TT US VC VG VI"},
    Continent{"OC", "AS AU CK FJ FM GU KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS"},
    Continent{"SA", "AR BO BR CL CO EC FK GF GY PE PY SR UY VE"},
};

constexpr std::array kStates = {
    State{"AL", "Alabama"},        State{"AK", "Alaska"},         State{"AZ", "Arizona"},
    State{"AR", "Arkansas"},       State{"CA", "California"},     State{"CO", "Colorado"},
    State{"CT", "Connecticut"},    State{"DE", "Delaware"},       State{"DC", "District of Columbia"},
    State{"FL", "Florida"},        State{"GA", "Georgia"},        State{"HI", "Hawaii"},
    State{"ID", "Idaho"},          State{"IL", "Illinois"},       State{"IN", "Indiana"},
    State{"IA", "Iowa"},           State{"KS", "Kansas"},         State{"KY", "Kentucky"},
    State{"LA", "Louisiana"},      State{"ME", "Maine"},          State{"MD", "Maryland"},
    State{"MA", "Massachusetts"},  State{"MI", "Michigan"},       State{"MN", "Minnesota"},
    State{"MS", "Mississippi"},    State{"MO", "Missouri"},       State{"MT", "Montana"},
    State{"NE", "Nebraska"},       State{"NV", "Nevada"},         State{"NH", "New Hampshire"},
    State{"NJ", "New Jersey"},     State{"NM", "New Mexico"},     State{"NY", "New York"},
    State{"NC", "North Carolina"}, State{"ND", "North Dakota"},   State{"OH", "Ohio"},
    State{"OK", "Oklahoma"},       State{"OR", "Oregon"},         State{"PA", "Pennsylvania"},
    State{"RI", "Rhode Island"},   State{"SC", "South Carolina"}, State{"SD", "South Dakota"},
    State{"TN", "Tennessee"},      State{"TX", "Texas"},          State{"UT", "Utah"},
    State{"VT", "Vermont"},        State{"VA", "Virginia"},       State{"WA", "Washington"},
    State{"WV", "West Virginia"},  State{"WI", "Wisconsin"},      State{"WY", "Wyoming"},
};

}  // namespace

std::string_view continent_of(std::string_view country) {
  if (country.size() != 2 || country[0] == ' ' || country[1] == ' ') return {};
  for (const Continent& continent : kContinents)
    if (continent.countries.find(country) != std::string_view::npos) return continent.code;
  return {};
}

bool is_continent(std::string_view code) {
  for (const Continent& continent : kContinents)
    if (continent.code == code) return true;
  return false;
}

std::span<const State> us_states() {
  return kStates;
}

std::string_view us_state_of_name(std::string_view name) {
  for (const State& state : kStates)
    if (state.name == name) return state.code;
  return {};
}

}  // namespace meridian::regions
