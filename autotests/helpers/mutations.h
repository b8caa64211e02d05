// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_MUTATIONS_H
#define AUTOTESTS_MUTATIONS_H

#include "helpers/nativebytes.h"

#include <QtCore/QDir>
#include <QtCore/QFile>

#include <algorithm>
#include <random>

/// Sessions of clients that were once valid, for tests that say them to real servers.
namespace Test {

/// Makes sessions, the same ones for the same seed.
class Mutator
{
public:
    explicit Mutator(const QString &corpus)
    {
        readCorpus(corpus + QStringLiteral("/nativeworker"), true);
        readCorpus(corpus + QStringLiteral("/jsonworker"), false);
    }
    [[nodiscard]] qsizetype size() const { return m_corpus.size(); }

    [[nodiscard]] QByteArray session(quint64 seed)
    {
        m_random.seed(seed);
        QByteArray bytes = below(2) ? conversation() : m_corpus.at(below(m_corpus.size()));
        for (qsizetype i = below(9); i > 0; --i)
            mutate(&bytes);
        return bytes;
    }
    /// A number from 0 on that is less than this.
    [[nodiscard]] qsizetype below(qsizetype end)
    {
        return qsizetype(m_random() % quint64(std::max<qsizetype>(1, end)));
    }

private:
    void readCorpus(const QString &directory, bool isNative)
    {
        const QStringList names = QDir(directory).entryList(QDir::Files, QDir::Name);
        for (const QString &name : names) {
            QFile file(directory + u'/' + name);
            if (!file.open(QIODevice::ReadOnly))
                continue;
            QByteArray bytes = file.readAll().chopped(1); // the last byte is for the fuzzer
            if (isNative && !bytes.startsWith("Q]PF"))
                bytes.prepend(hello());
            m_corpus.append(bytes);
        }
    }
    QByteArray conversation()
    {
        const bool isNative = below(2);
        const bool speaksAll = below(2);
        QByteArray bytes = !isNative ? QByteArray() : speaksAll ? featuredHello() : hello();
        for (quint64 id = 1, end = quint64(below(8)); id <= end; ++id) {
            static const QByteArrayList methods{"echo", "args", "pid", "count", "fail", "nothing"};
            const QByteArray &method = methods.at(below(methods.size()));
            const QByteArray word(below(20), char('a' + below(26)));
            if (isNative)
                bytes
                    += packet(CallKind, bigEndian(quint64(below(3))) + array({map({}), text(method), text(word)}), id);
            else
                bytes += "[\"do\",{},\"" + method + "\",\"" + word + "\"]";
            if (isNative && speaksAll && below(3) == 0)
                bytes += packet(CallKind, bigEndian(0) + array({map({}), text("countdown"), "\x03", "\x01"}), ++id);
            if (isNative && speaksAll && below(3) == 0)
                bytes += packet(CancelKind, {}, quint64(below(qsizetype(id) + 1)));
            if (below(4) == 0)
                bytes += isNative ? packet(ReleaseKind, {}, id) : QByteArray("[\"dn\",{}]");
        }
        return bytes;
    }
    void mutate(QByteArray *bytes)
    {
        const qsizetype at = below(bytes->size());
        const qsizetype count = std::min(below(64), bytes->size() - at);
        switch (below(9)) {
        case 0: // a bit
            if (!bytes->isEmpty())
                (*bytes)[at] = char(bytes->at(at) ^ (1 << below(8)));
            break;
        case 1: // a byte
            if (!bytes->isEmpty())
                (*bytes)[at] = char(below(256));
            break;
        case 2:
            bytes->remove(at, count);
            break;
        case 3:
            bytes->insert(at, bytes->sliced(at, count));
            break;
        case 4: // a number where one may be
            bytes->insert(at, bigEndian(quint64(m_random()) >> below(64)));
            break;
        case 5:
            bytes->truncate(at);
            break;
        case 6: // another session goes on here
            bytes->replace(at, bytes->size() - at, m_corpus.at(below(m_corpus.size())));
            break;
        case 7: // many of one kind
            bytes->insert(at, QByteArray(below(5000), char(below(256))));
            break;
        case 8: // a header that fits
            bytes->insert(at, header(quint64(count), int(below(16)), quint64(below(4))));
            break;
        }
    }

    QByteArrayList m_corpus;
    std::mt19937_64 m_random;
};

}

#endif
