// SPDX-License-Identifier: MIT
// Programs whose values can never cross, one for each value of CASE. uncrossable.cmake looks at what the compiler says.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>

#include <QtCore/QAbstractItemModel>
#include <QtCore/QObject>
#include <QtCore/QPointer>

#include <map>
#include <memory>
#include <string_view>
#include <vector>

using namespace Prefork;

struct Plain
{
    int number = 0;
};

#if CASE == 0 // which is fine
using Value = std::map<int, std::vector<std::pair<QString, std::optional<QSet<int>>>>>;
#elif CASE == 1
using Value = QObject *;
#elif CASE == 2
using Value = std::vector<Plain>;
#elif CASE == 3
using Value = std::pair<int, std::shared_ptr<int>>;
#elif CASE == 4
using Value = std::optional<std::string_view>;
#elif CASE == 5
using Value = long double;
#elif CASE == 6
using Value = QMultiMap<QString, int>;
#elif CASE == 7
using Value = std::map<double, int>;
#elif CASE == 8
using Value = QList<QModelIndex>;
#elif CASE == 9
using Value = QPointer<QObject>;
#elif CASE == 10
using Value = std::u16string_view;
#elif CASE == 11
class QPixmap // stands in for that of Qt Gui, which is not included here
{
};
using Value = QList<QPixmap>;
#endif

inline constexpr Method<void(Value)> take{"take"};
inline constexpr Method<Value()> give{"give"};

#ifdef IS_CLIENT
void use(Client &client)
{
    client.call(give);
}
#else
void use(Interface &interface)
{
    interface.add(take, [](const Value &) { });
}
#endif
