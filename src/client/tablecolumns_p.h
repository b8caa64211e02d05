// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TABLECOLUMNS_P_H
#define QTPREFORK_TABLECOLUMNS_P_H

#include <QtCore/QAbstractItemModel>
#include <QtCore/QCoreApplication>

#include <chrono>
#include <span>

namespace Prefork::Internal {

/// This is a column of a table, and the role that has its value in every column.
struct TableColumn
{
    int role;
    const char *name; ///< the name of the role
    const char *title; ///< the title of the column; null for a role without a column. Such roles come last.
    bool isNumber = false;
};

/// These are the columns of a table, and its further roles.
class TableColumns
{
public:
    /// The titles are translated in the given context.
    constexpr TableColumns(const char *context, std::span<const TableColumn> columns)
        : m_context(context)
        , m_columns(columns)
    {
    }

    [[nodiscard]] const char *context() const { return m_context; }
    [[nodiscard]] int count() const
    {
        int count = 0;
        for (const TableColumn &column : m_columns)
            count += column.title ? 1 : 0;
        return count;
    }
    [[nodiscard]] int roleOf(int column) const { return m_columns[std::size_t(column)].role; }
    [[nodiscard]] QHash<int, QByteArray> roleNames(QHash<int, QByteArray> names) const
    {
        for (const TableColumn &column : m_columns)
            names.insert(column.role, column.name);
        return names;
    }
    /// Returns the header of a column. It is invalid if there is no such column, or for other roles.
    [[nodiscard]] QVariant header(int section, Qt::Orientation orientation, int role) const
    {
        if (orientation != Qt::Horizontal || section < 0 || section >= count())
            return {};
        if (role == Qt::DisplayRole)
            return QCoreApplication::translate(m_context, m_columns[std::size_t(section)].title);
        return role == Qt::TextAlignmentRole ? alignment(section) : QVariant();
    }
    [[nodiscard]] QVariant alignment(int column) const
    {
        const bool isNumber = m_columns[std::size_t(column)].isNumber;
        return QVariant::fromValue(Qt::Alignment(Qt::AlignVCenter | (isNumber ? Qt::AlignRight : Qt::AlignLeft)));
    }

private:
    const char *m_context;
    std::span<const TableColumn> m_columns;
};

/// Returns a duration for people, with few digits and a unit.
[[nodiscard]] inline QString shortDuration(std::chrono::nanoseconds duration)
{
    const double milliseconds = std::chrono::duration<double, std::milli>(duration).count();
    if (milliseconds < 1)
        return QStringLiteral("%1 µs").arg(milliseconds * 1000, 0, 'f', 0);
    if (milliseconds < 1000)
        return QStringLiteral("%1 ms").arg(milliseconds, 0, 'f', milliseconds < 10 ? 1 : 0);
    if (milliseconds < 60'000)
        return QStringLiteral("%1 s").arg(milliseconds / 1000, 0, 'f', 1);
    const auto whole = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
    return QStringLiteral("%1 min %2 s").arg(whole / 60).arg(whole % 60);
}

[[nodiscard]] inline double inMilliseconds(std::chrono::nanoseconds duration)
{
    return std::chrono::duration<double, std::milli>(duration).count();
}

}

#endif
