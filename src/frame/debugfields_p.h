// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DEBUGFIELDS_P_H
#define QTPREFORK_DEBUGFIELDS_P_H

#include <QtCore/QDebug>
#include <QtCore/QString>

#include <chrono>
#include <optional>
#include <utility>

namespace Prefork::Internal {

/// Writes a struct of options to QDebug as `Prefork::Name(member value, …)`. It writes only members that differ from
/// those of a default-constructed struct, for a user looks for what was set. The operators << of option structs use it.
template <class Options>
class DebugFields
{
    Q_DISABLE_COPY_MOVE(DebugFields)

public:
    DebugFields(QDebug &debug, const char *name, const Options &options)
        : m_saver(debug)
        , m_debug(debug)
        , m_options(options)
    {
        m_debug.nospace().noquote() << name << '(';
    }
    ~DebugFields() { m_debug << ')'; }

    template <class Value>
    DebugFields &field(const char *name, Value Options::*member)
    {
        const QString value = shown(m_options.*member);
        if (value != shown(m_defaults.*member))
            m_debug << (std::exchange(m_isFirst, false) ? "" : ", ") << name << ' ' << value;
        return *this;
    }

private:
    template <class Value>
    [[nodiscard]] static QString shown(const Value &value)
    {
        QString text;
        QDebug(&text).nospace() << value;
        return text;
    }
    template <class Value>
    [[nodiscard]] static QString shown(const std::optional<Value> &value)
    {
        return value ? shown(*value) : QStringLiteral("unset");
    }
    [[nodiscard]] static QString shown(std::chrono::seconds value) { return inUnit(value.count(), "s"); }
    [[nodiscard]] static QString shown(std::chrono::milliseconds value) { return inUnit(value.count(), "ms"); }
    [[nodiscard]] static QString shown(std::chrono::microseconds value) { return inUnit(value.count(), "us"); }
    [[nodiscard]] static QString inUnit(qint64 count, const char *unit)
    {
        return QString::number(count) + QLatin1StringView(unit);
    }

    const QDebugStateSaver m_saver;
    QDebug &m_debug;
    const Options &m_options;
    const Options m_defaults;
    bool m_isFirst = true;
};

}

#endif
