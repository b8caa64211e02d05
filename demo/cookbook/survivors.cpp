// SPDX-License-Identifier: MIT
// A thousand items, of which some crash their worker: nothing but the results of these is lost.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <cstdio>
#include <cstdlib>

using namespace Prefork;

namespace {

inline constexpr Method<int(int)> inspect{"inspect"};

int inspectItem(int item)
{
    if (item % 100 == 99)
        std::abort(); // as a parser of untrusted files may do
    return item * item;
}

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(inspect, inspectItem);
    Zygote zygote(work);
    QCoreApplication app(argc, argv);

    // [survivors]
    constexpr int Count = 1000;
    Client client(&zygote, {.maxWorkers = 4});
    int done = 0;
    QList<int> lost;
    const auto countOne = [&] {
        if (done + lost.size() == Count)
            QCoreApplication::quit();
    };
    for (int item = 0; item < Count; ++item) {
        client.call(
            inspect, item,
            [&] {
                ++done;
                countOne();
            },
            [&, item](const Error &) {
                lost.append(item);
                countOne();
            });
    }
    // [survivors]

    QCoreApplication::exec();
    std::printf("%d of %d items are done, %d have crashed: the first was %d\n", done, Count, int(lost.size()),
                *std::min_element(lost.cbegin(), lost.cend()));
    return 0;
}
