/**
 * Where a company has several servers, people read from a copy of the database, a replica, which
 * may be a moment behind. What a message has announced may not have arrived there yet: a list would
 * be loaded again and show what it showed before, until the next message. So whatever is read
 * because of a message says that it must come from the primary database; see
 * controllers/dataset.py.
 */
export const PRIMARY = { call_handling_primary: true };

/**
 * Returns an ORM whose requests are answered by the primary database.
 *
 * @param {import("@web/core/orm_service").ORM} orm
 * @param {() => boolean} [isNeeded] asked before each request; by default it always is
 */
export function askPrimary(orm, isNeeded = () => true) {
    return Object.assign(Object.create(orm), {
        call(model, method, args, kwargs = {}) {
            const context = isNeeded() ? { ...kwargs.context, ...PRIMARY } : kwargs.context;
            return orm.call.call(this, model, method, args, { ...kwargs, context });
        },
    });
}
