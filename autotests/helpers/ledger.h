// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_LEDGER_H
#define AUTOTESTS_LEDGER_H

#include "helpers/calls.h"

#include <QtPrefork/Checkout>

#include <algorithm>
#include <vector>

namespace Test {

/// How often each of many calls has settled, and as what: it has to be once.
class Ledger
{
    Q_DISABLE_COPY_MOVE(Ledger)

public:
    Ledger() = default;

    /// A call that is entered here. @p expected, if it is valid, is the only result it may have.
    void call(const Prefork::CheckoutPtr &checkout, const Prefork::MethodName &method,
              const Prefork::Arguments &arguments = {}, const QVariant &expected = {})
    {
        const std::size_t entry = m_book->entries.size();
        m_book->entries.emplace_back();
        Prefork::CallId id = 0;
        Prefork::frameTry(
            [&] {
                id = checkout->call(method, arguments, [book = m_book, entry, expected](const QVariant &result) {
                    book->settle(entry, Prefork::Error::NoError);
                    book->wrong += expected.isValid() && result != expected;
                });
            },
            [book = m_book, entry](const Prefork::Error &error) { book->settle(entry, error.code()); });
        QObject::connect(checkout.get(), &Prefork::Checkout::canceled, checkout.get(),
                         [book = m_book, entry, id](Prefork::CallId canceled) {
                             if (canceled == id)
                                 book->settle(entry, Canceled);
                         });
    }

    [[nodiscard]] qsizetype made() const { return qsizetype(m_book->entries.size()); }
    [[nodiscard]] qsizetype settled() const { return m_book->settled; }
    /// Those with a result.
    [[nodiscard]] qsizetype served() const { return failed(Prefork::Error::NoError); }
    [[nodiscard]] qsizetype failed(int code) const
    {
        return std::count_if(m_book->entries.begin(), m_book->entries.end(),
                             [code](const Entry &entry) { return entry.times > 0 && entry.code == code; });
    }
    [[nodiscard]] qsizetype canceled() const { return failed(Canceled); }
    /// Results that belong to other calls.
    [[nodiscard]] qsizetype wrong() const { return m_book->wrong; }
    [[nodiscard]] bool isEachSettledOnce() const
    {
        return std::all_of(m_book->entries.begin(), m_book->entries.end(),
                           [](const Entry &entry) { return entry.times == 1; });
    }
    /// Turns the event loop until all have settled.
    [[nodiscard]] bool wait() const
    {
        return waitUntilAll([this] { return settled(); }, [this] { return made(); });
    }

private:
    static constexpr int Canceled = -1;
    struct Entry
    {
        int times = 0;
        int code = 0;
    };
    // Outlives the ledger, for a test that fails leaves before its calls have settled.
    struct Book
    {
        std::vector<Entry> entries;
        qsizetype settled = 0;
        qsizetype wrong = 0;

        void settle(std::size_t entry, int code)
        {
            entries[entry].code = code;
            settled += ++entries[entry].times == 1;
        }
    };

    const std::shared_ptr<Book> m_book = std::make_shared<Book>();
};

}

#endif
