-- Created together: every table with its wall. Names of roles: infra/roles.py.
SET LOCAL lock_timeout = '4s';
SET LOCAL statement_timeout = '5min';

GRANT USAGE ON SCHEMA app TO yunfan_app, yunfan_provision, yunfan_platform;

-- The app role reads one thing of the platform: which revision the schema has.
GRANT USAGE ON SCHEMA platform TO yunfan_platform, yunfan_provision, yunfan_app;

CREATE TABLE app.audit_entry (
	tenant_id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	op TEXT COLLATE "C" NOT NULL,
	command TEXT COLLATE "C" NOT NULL,
	member_id UUID,
	on_behalf_of TEXT COLLATE "C",
	device_id UUID,
	request_id TEXT COLLATE "C",
	before JSONB,
	after JSONB,
	scope_path TEXT COLLATE "C" NOT NULL,
	CONSTRAINT audit_entry_pkey PRIMARY KEY (tenant_id, at, id)
)
 PARTITION BY RANGE (at);

CREATE INDEX audit_entry_merge_idx ON app.audit_entry (tenant_id, id) WHERE op = 'merge';

CREATE INDEX audit_entry_row_idx ON app.audit_entry (tenant_id, row_id, at);

ALTER TABLE app.audit_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.audit_entry FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.audit_entry AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.audit_entry AS PERMISSIVE FOR ALL USING ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END))) WITH CHECK ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END)));

GRANT SELECT, INSERT, UPDATE (before, after) ON app.audit_entry TO yunfan_app, yunfan_provision;

CREATE TABLE app.change_log (
	tenant_id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	op TEXT COLLATE "C" NOT NULL,
	scope_path TEXT COLLATE "C" NOT NULL,
	clock BIGINT NOT NULL,
	CONSTRAINT change_log_pkey PRIMARY KEY (tenant_id, entity, row_id),
	CONSTRAINT change_log_op_check CHECK (op IN ('put', 'remove'))
);

CREATE INDEX change_log_clock_idx ON app.change_log (tenant_id, clock);

ALTER TABLE app.change_log ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.change_log FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.change_log AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.change_log AS PERMISSIVE FOR ALL USING ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END))) WITH CHECK ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END)));

GRANT SELECT, INSERT, UPDATE, DELETE ON app.change_log TO yunfan_app, yunfan_provision;

CREATE TABLE app.command_outcome (
	tenant_id UUID NOT NULL,
	client_id UUID NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	request_hash BYTEA NOT NULL,
	command TEXT COLLATE "C" NOT NULL,
	outcome JSONB NOT NULL,
	member_id UUID,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT command_outcome_pkey PRIMARY KEY (tenant_id, client_id, key)
);

CREATE INDEX command_outcome_age_idx ON app.command_outcome (tenant_id, created_at);

ALTER TABLE app.command_outcome ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.command_outcome FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.command_outcome AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.command_outcome AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.command_outcome TO yunfan_app, yunfan_provision;

CREATE TABLE app.custom_field (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	label_zh TEXT COLLATE "C" NOT NULL,
	label_en TEXT COLLATE "C",
	kind TEXT COLLATE "C" NOT NULL,
	required BOOLEAN NOT NULL,
	filterable BOOLEAN NOT NULL,
	choices JSONB,
	currency TEXT COLLATE "C",
	target TEXT COLLATE "C",
	position BIGINT NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT custom_field_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT custom_field_tenant_id_entity_key_key UNIQUE (tenant_id, entity, key),
	CONSTRAINT custom_field_kind_check CHECK (kind IN ('text', 'number', 'money', 'date', 'yes_no', 'choice', 'reference'))
);

ALTER TABLE app.custom_field ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.custom_field FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.custom_field AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.custom_field AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.custom_field TO yunfan_app, yunfan_provision;

CREATE TABLE app.custom_value (
	tenant_id UUID NOT NULL,
	field_id UUID NOT NULL,
	value TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	CONSTRAINT custom_value_pkey PRIMARY KEY (tenant_id, field_id, value, row_id)
);

CREATE INDEX custom_value_row_idx ON app.custom_value (tenant_id, row_id);

ALTER TABLE app.custom_value ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.custom_value FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.custom_value AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.custom_value AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.custom_value TO yunfan_app, yunfan_provision;

CREATE TABLE app.legal_entity (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	tax_number TEXT COLLATE "C",
	currency TEXT COLLATE "C" NOT NULL,
	zone TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT legal_entity_pkey PRIMARY KEY (tenant_id, id)
);

ALTER TABLE app.legal_entity ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.legal_entity FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.legal_entity AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.legal_entity AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.legal_entity TO yunfan_app, yunfan_provision;

CREATE TABLE app.module_entitlement (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	module TEXT COLLATE "C" NOT NULL,
	source TEXT COLLATE "C" NOT NULL,
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ends_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT module_entitlement_pkey PRIMARY KEY (tenant_id, id)
);

CREATE INDEX module_entitlement_module_idx ON app.module_entitlement (tenant_id, module);

ALTER TABLE app.module_entitlement ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.module_entitlement FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.module_entitlement AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.module_entitlement AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.module_entitlement TO yunfan_app, yunfan_provision;

CREATE TABLE app.outbox (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	topic TEXT COLLATE "C" NOT NULL,
	payload JSONB NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	due_at TIMESTAMP WITH TIME ZONE NOT NULL,
	attempts BIGINT NOT NULL,
	delivered_at TIMESTAMP WITH TIME ZONE,
	last_error TEXT COLLATE "C",
	CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, id)
);

CREATE INDEX outbox_due_idx ON app.outbox (tenant_id, due_at) WHERE delivered_at IS NULL;

ALTER TABLE app.outbox ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.outbox FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.outbox AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.outbox AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.outbox TO yunfan_app, yunfan_provision;

CREATE TABLE app.role (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	key TEXT COLLATE "C",
	name TEXT COLLATE "C" NOT NULL,
	permissions JSONB NOT NULL,
	masks JSONB NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT role_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT role_tenant_id_name_key UNIQUE (tenant_id, name),
	CONSTRAINT role_tenant_id_key_key UNIQUE (tenant_id, key)
);

ALTER TABLE app.role ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.role FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.role AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.role AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.role TO yunfan_app, yunfan_provision;

CREATE TABLE app.row_tag (
	tenant_id UUID NOT NULL,
	tag_id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	CONSTRAINT row_tag_pkey PRIMARY KEY (tenant_id, tag_id, entity, row_id)
);

CREATE INDEX row_tag_row_idx ON app.row_tag (tenant_id, row_id);

ALTER TABLE app.row_tag ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.row_tag FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.row_tag AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.row_tag AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.row_tag TO yunfan_app, yunfan_provision;

CREATE TABLE app.scope_exit (
	tenant_id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	scope_path TEXT COLLATE "C" NOT NULL,
	clock BIGINT NOT NULL,
	CONSTRAINT scope_exit_pkey PRIMARY KEY (tenant_id, entity, row_id, scope_path)
);

CREATE INDEX scope_exit_clock_idx ON app.scope_exit (tenant_id, clock);

ALTER TABLE app.scope_exit ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.scope_exit FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.scope_exit AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.scope_exit AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.scope_exit TO yunfan_app, yunfan_provision;

CREATE TABLE app.search_term (
	tenant_id UUID NOT NULL,
	term TEXT COLLATE "C" NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	scope_path TEXT COLLATE "C" NOT NULL,
	CONSTRAINT search_term_pkey PRIMARY KEY (tenant_id, row_id, entity, term)
);

CREATE INDEX search_term_prefix_idx ON app.search_term (tenant_id, entity, term);

ALTER TABLE app.search_term ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.search_term FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.search_term AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.search_term AS PERMISSIVE FOR ALL USING ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END))) WITH CHECK ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END)));

GRANT SELECT, INSERT, UPDATE, DELETE ON app.search_term TO yunfan_app, yunfan_provision;

CREATE TABLE app.service_state (
	id BIGINT NOT NULL,
	read_only_since TIMESTAMP WITH TIME ZONE,
	reason_zh TEXT COLLATE "C",
	reason_en TEXT COLLATE "C",
	CONSTRAINT service_state_pkey PRIMARY KEY (id),
	CONSTRAINT service_state_single_check CHECK (id = 1)
);

GRANT SELECT ON app.service_state TO yunfan_app, yunfan_provision, yunfan_platform;

CREATE TABLE app.tag (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	colour TEXT COLLATE "C",
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT tag_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT tag_tenant_id_name_key UNIQUE (tenant_id, name)
);

ALTER TABLE app.tag ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.tag FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.tag AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.tag AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.tag TO yunfan_app, yunfan_provision;

CREATE TABLE app.tenant_access (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	trial_started_at TIMESTAMP WITH TIME ZONE NOT NULL,
	trial_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	subscribed_from TIMESTAMP WITH TIME ZONE,
	subscribed_until TIMESTAMP WITH TIME ZONE,
	trial_ended_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT tenant_access_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT tenant_access_tenant_id_key UNIQUE (tenant_id),
	CONSTRAINT tenant_access_trial_check CHECK (trial_ends_at > trial_started_at)
);

ALTER TABLE app.tenant_access ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.tenant_access FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.tenant_access AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.tenant_access AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.tenant_access TO yunfan_app, yunfan_provision;

CREATE TABLE app.tenant_clock (
	tenant_id UUID NOT NULL,
	value BIGINT NOT NULL,
	epoch UUID NOT NULL,
	horizon BIGINT NOT NULL,
	marks JSONB NOT NULL,
	restored_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT tenant_clock_pkey PRIMARY KEY (tenant_id)
);

ALTER TABLE app.tenant_clock ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.tenant_clock FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.tenant_clock AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.tenant_clock AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.tenant_clock TO yunfan_app, yunfan_provision;

CREATE TABLE app.tenant_setting (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	value JSONB NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT tenant_setting_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT tenant_setting_tenant_id_name_key UNIQUE (tenant_id, name)
);

ALTER TABLE app.tenant_setting ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.tenant_setting FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.tenant_setting AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.tenant_setting AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.tenant_setting TO yunfan_app, yunfan_provision;

CREATE TABLE app.organisation (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	parent_id UUID,
	legal_entity_id UUID NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	path TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT organisation_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT organisation_tenant_id_parent_id_fkey FOREIGN KEY(tenant_id, parent_id) REFERENCES app.organisation (tenant_id, id),
	CONSTRAINT organisation_tenant_id_legal_entity_id_fkey FOREIGN KEY(tenant_id, legal_entity_id) REFERENCES app.legal_entity (tenant_id, id),
	CONSTRAINT organisation_tenant_id_path_key UNIQUE (tenant_id, path),
	CONSTRAINT organisation_kind_check CHECK (kind IN ('head_office', 'branch', 'office', 'shop', 'warehouse', 'dealer'))
);

ALTER TABLE app.organisation ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.organisation FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.organisation AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.organisation AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.organisation TO yunfan_app, yunfan_provision;

CREATE TABLE app.department (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	organisation_id UUID NOT NULL,
	parent_id UUID,
	name TEXT COLLATE "C" NOT NULL,
	path TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT department_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT department_tenant_id_organisation_id_fkey FOREIGN KEY(tenant_id, organisation_id) REFERENCES app.organisation (tenant_id, id),
	CONSTRAINT department_tenant_id_parent_id_fkey FOREIGN KEY(tenant_id, parent_id) REFERENCES app.department (tenant_id, id),
	CONSTRAINT department_tenant_id_path_key UNIQUE (tenant_id, path)
);

ALTER TABLE app.department ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.department FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.department AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.department AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.department TO yunfan_app, yunfan_provision;

CREATE TABLE app.member (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	user_id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL,
	account TEXT COLLATE "C",
	phone TEXT COLLATE "C",
	email TEXT COLLATE "C",
	language TEXT COLLATE "C" NOT NULL,
	organisation_id UUID NOT NULL,
	department_id UUID,
	path TEXT COLLATE "C" NOT NULL,
	joined_at TIMESTAMP WITH TIME ZONE,
	deactivated_at TIMESTAMP WITH TIME ZONE,
	deactivated_by_id UUID,
	erased_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT member_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT member_tenant_id_organisation_id_fkey FOREIGN KEY(tenant_id, organisation_id) REFERENCES app.organisation (tenant_id, id),
	CONSTRAINT member_tenant_id_department_id_fkey FOREIGN KEY(tenant_id, department_id) REFERENCES app.department (tenant_id, id),
	CONSTRAINT member_tenant_id_user_id_key UNIQUE (tenant_id, user_id),
	CONSTRAINT member_tenant_id_account_key UNIQUE (tenant_id, account),
	CONSTRAINT member_erased_check CHECK (erased_at IS NULL OR deactivated_at IS NOT NULL)
);

CREATE INDEX member_path_idx ON app.member (tenant_id, path);

ALTER TABLE app.member ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.member FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.member AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.member AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.member TO yunfan_app, yunfan_provision;

CREATE TABLE app.customer (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C",
	parent_id UUID,
	level TEXT COLLATE "C",
	source TEXT COLLATE "C",
	industry TEXT COLLATE "C",
	region TEXT COLLATE "C",
	address TEXT COLLATE "C",
	phone TEXT COLLATE "C",
	email TEXT COLLATE "C",
	website TEXT COLLATE "C",
	credit_grade TEXT COLLATE "C",
	credit_limit_minor BIGINT,
	credit_currency TEXT COLLATE "C",
	tag_ids UUID[] NOT NULL,
	notes TEXT COLLATE "C",
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	custom JSONB NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	erased_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT customer_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT customer_tenant_id_parent_id_fkey FOREIGN KEY(tenant_id, parent_id) REFERENCES app.customer (tenant_id, id),
	CONSTRAINT customer_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT customer_level_check CHECK (level IN ('a', 'b', 'c', 'd')),
	CONSTRAINT customer_source_check CHECK (source IN ('website', 'exhibition', 'advertising', 'search', 'social', 'referral', 'visit', 'other')),
	CONSTRAINT customer_credit_grade_check CHECK (credit_grade IN ('aaa', 'aa', 'a', 'b', 'c')),
	CONSTRAINT customer_credit_currency_check CHECK ((credit_limit_minor IS NULL) = (credit_currency IS NULL)),
	CONSTRAINT customer_parent_check CHECK (parent_id <> id),
	CONSTRAINT customer_erased_check CHECK (erased_at IS NULL OR archived_at IS NOT NULL)
);

CREATE INDEX customer_archived_idx ON app.customer (tenant_id, archived_at) WHERE archived_at IS NOT NULL;

CREATE UNIQUE INDEX customer_code_idx ON app.customer (tenant_id, code) WHERE code IS NOT NULL;

CREATE INDEX customer_created_idx ON app.customer (tenant_id, created_at, id);

CREATE INDEX customer_credit_grade_idx ON app.customer (tenant_id, credit_grade) WHERE credit_grade IS NOT NULL;

CREATE INDEX customer_credit_limit_idx ON app.customer (tenant_id, credit_limit_minor) WHERE credit_limit_minor IS NOT NULL;

CREATE INDEX customer_email_idx ON app.customer (tenant_id, email);

CREATE INDEX customer_industry_idx ON app.customer (tenant_id, industry);

CREATE INDEX customer_level_idx ON app.customer (tenant_id, level);

CREATE INDEX customer_name_idx ON app.customer (tenant_id, name_key, id);

CREATE INDEX customer_owner_idx ON app.customer (tenant_id, owner_id);

CREATE INDEX customer_parent_idx ON app.customer (tenant_id, parent_id);

CREATE INDEX customer_phone_idx ON app.customer (tenant_id, phone);

CREATE INDEX customer_region_idx ON app.customer (tenant_id, region);

CREATE INDEX customer_scope_idx ON app.customer (tenant_id, scope_path);

CREATE INDEX customer_source_idx ON app.customer (tenant_id, source);

CREATE INDEX customer_updated_idx ON app.customer (tenant_id, updated_at, id);

ALTER TABLE app.customer ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.customer FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.customer AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.customer AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.customer TO yunfan_app, yunfan_provision;

CREATE TABLE app.device (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	member_id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	platform TEXT COLLATE "C" NOT NULL,
	os_version TEXT COLLATE "C",
	app_version TEXT COLLATE "C",
	client TEXT COLLATE "C",
	schema_hash TEXT COLLATE "C",
	last_mutation BIGINT NOT NULL,
	last_contact_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	pulled_clock BIGINT,
	pulled_at TIMESTAMP WITH TIME ZONE,
	queued BIGINT NOT NULL,
	oldest_queued_at TIMESTAMP WITH TIME ZONE,
	replica_bytes BIGINT,
	encrypted BOOLEAN,
	persistent BOOLEAN,
	key_share TEXT COLLATE "C",
	revoked_at TIMESTAMP WITH TIME ZONE,
	wipe_order_id UUID,
	wipe_requested_at TIMESTAMP WITH TIME ZONE,
	wipe_requested_by_id UUID,
	wipe_reason TEXT COLLATE "C",
	wipe_after_push BOOLEAN,
	wipe_delivered_at TIMESTAMP WITH TIME ZONE,
	wiped_at TIMESTAMP WITH TIME ZONE,
	wipe_erased_at TIMESTAMP WITH TIME ZONE,
	wipe_method TEXT COLLATE "C",
	wipe_unsent BIGINT,
	session_id UUID,
	backlog_to BIGINT,
	backlog_end_at TIMESTAMP WITH TIME ZONE,
	origin_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT device_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT device_tenant_id_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT device_wipe_method_check CHECK (wipe_method IN ('rekeyed', 'deleted'))
);

CREATE INDEX device_member_idx ON app.device (tenant_id, member_id);

ALTER TABLE app.device ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.device FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.device AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.device AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.device TO yunfan_app, yunfan_provision;

CREATE TABLE app.role_assignment (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	member_id UUID NOT NULL,
	role_id UUID NOT NULL,
	scope TEXT COLLATE "C" NOT NULL,
	organisation_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT role_assignment_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT role_assignment_tenant_id_member_id_fkey FOREIGN KEY(tenant_id, member_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT role_assignment_tenant_id_role_id_fkey FOREIGN KEY(tenant_id, role_id) REFERENCES app.role (tenant_id, id),
	CONSTRAINT role_assignment_tenant_id_organisation_id_fkey FOREIGN KEY(tenant_id, organisation_id) REFERENCES app.organisation (tenant_id, id),
	CONSTRAINT role_assignment_scope_check CHECK (scope IN ('own', 'department', 'subtree', 'all'))
);

CREATE INDEX role_assignment_member_idx ON app.role_assignment (tenant_id, member_id);

CREATE UNIQUE INDEX role_assignment_once_idx ON app.role_assignment (tenant_id, member_id, role_id, organisation_id) NULLS NOT DISTINCT;

ALTER TABLE app.role_assignment ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.role_assignment FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.role_assignment AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.role_assignment AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.role_assignment TO yunfan_app, yunfan_provision;

CREATE TABLE app.contact (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	customer_id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL,
	title TEXT COLLATE "C",
	influence TEXT COLLATE "C",
	mobile TEXT COLLATE "C",
	email TEXT COLLATE "C",
	wechat TEXT COLLATE "C",
	birthday DATE,
	preference TEXT COLLATE "C",
	notes TEXT COLLATE "C",
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	custom JSONB NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	erased_at TIMESTAMP WITH TIME ZONE,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT contact_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT contact_tenant_id_customer_id_fkey FOREIGN KEY(tenant_id, customer_id) REFERENCES app.customer (tenant_id, id),
	CONSTRAINT contact_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT contact_erased_check CHECK (erased_at IS NULL OR archived_at IS NOT NULL)
);

CREATE INDEX contact_archived_idx ON app.contact (tenant_id, archived_at) WHERE archived_at IS NOT NULL;

CREATE INDEX contact_customer_idx ON app.contact (tenant_id, customer_id, name_key);

CREATE INDEX contact_email_idx ON app.contact (tenant_id, email);

CREATE INDEX contact_influence_idx ON app.contact (tenant_id, influence) WHERE influence IS NOT NULL;

CREATE INDEX contact_mobile_idx ON app.contact (tenant_id, mobile);

CREATE INDEX contact_name_idx ON app.contact (tenant_id, name_key, id);

CREATE INDEX contact_owner_idx ON app.contact (tenant_id, owner_id);

CREATE INDEX contact_scope_idx ON app.contact (tenant_id, scope_path);

CREATE INDEX contact_updated_idx ON app.contact (tenant_id, updated_at, id);

ALTER TABLE app.contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.contact FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.contact AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.contact AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.contact TO yunfan_app, yunfan_provision;

CREATE TABLE app.attachment (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	entity TEXT COLLATE "C" NOT NULL,
	row_id UUID NOT NULL,
	file_name TEXT COLLATE "C" NOT NULL,
	media_type TEXT COLLATE "C" NOT NULL,
	size_bytes BIGINT NOT NULL,
	sha256 TEXT COLLATE "C" NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	stored_at TIMESTAMP WITH TIME ZONE,
	strip_asked_at TIMESTAMP WITH TIME ZONE,
	stripped_at TIMESTAMP WITH TIME ZONE,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT attachment_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT attachment_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT attachment_state_check CHECK (state IN ('waiting', 'stored')),
	CONSTRAINT attachment_stored_check CHECK ((state = 'stored') = (stored_at IS NOT NULL)),
	CONSTRAINT attachment_stripped_check CHECK (stripped_at IS NULL OR strip_asked_at IS NOT NULL),
	CONSTRAINT attachment_size_bytes_check CHECK (size_bytes > 0),
	CONSTRAINT attachment_sha256_check CHECK (octet_length(sha256) = 64)
);

CREATE INDEX attachment_archived_idx ON app.attachment (tenant_id, archived_at) WHERE archived_at IS NOT NULL;

CREATE INDEX attachment_content_idx ON app.attachment (tenant_id, sha256);

CREATE INDEX attachment_owner_idx ON app.attachment (tenant_id, owner_id);

CREATE INDEX attachment_row_idx ON app.attachment (tenant_id, row_id, id);

CREATE INDEX attachment_scope_idx ON app.attachment (tenant_id, scope_path);

ALTER TABLE app.attachment ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.attachment FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.attachment AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.attachment AS PERMISSIVE FOR ALL USING ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END))) WITH CHECK ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END)));

GRANT SELECT, INSERT, UPDATE, DELETE ON app.attachment TO yunfan_app, yunfan_provision;

CREATE TABLE app.inbox_entry (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	device_id UUID,
	mutation_id UUID NOT NULL,
	device_name TEXT COLLATE "C",
	command TEXT COLLATE "C" NOT NULL,
	what_zh TEXT COLLATE "C" NOT NULL,
	what_en TEXT COLLATE "C" NOT NULL,
	entity TEXT COLLATE "C",
	row_id UUID,
	state TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C" NOT NULL,
	message_zh TEXT COLLATE "C" NOT NULL,
	message_en TEXT COLLATE "C" NOT NULL,
	remedy_zh TEXT COLLATE "C" NOT NULL,
	remedy_en TEXT COLLATE "C" NOT NULL,
	field TEXT COLLATE "C",
	arguments JSONB NOT NULL,
	differences JSONB NOT NULL,
	field_facts JSONB NOT NULL,
	waits_for JSONB NOT NULL,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	resolved_at TIMESTAMP WITH TIME ZONE,
	resolved_by_id UUID,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT inbox_entry_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT inbox_entry_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT inbox_entry_tenant_id_device_id_fkey FOREIGN KEY(tenant_id, device_id) REFERENCES app.device (tenant_id, id),
	CONSTRAINT inbox_entry_state_check CHECK (state IN ('open', 'waiting', 'parked', 'applied', 'discarded', 'taken'))
);

CREATE INDEX inbox_entry_device_idx ON app.inbox_entry (tenant_id, device_id);

CREATE INDEX inbox_entry_owner_idx ON app.inbox_entry (tenant_id, owner_id);

CREATE INDEX inbox_entry_scope_idx ON app.inbox_entry (tenant_id, scope_path);

ALTER TABLE app.inbox_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.inbox_entry FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.inbox_entry AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.inbox_entry AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.inbox_entry TO yunfan_app, yunfan_provision;

CREATE TABLE app.number_series (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	prefix TEXT COLLATE "C" NOT NULL,
	next_value BIGINT NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT number_series_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT number_series_tenant_id_key_key UNIQUE (tenant_id, key),
	CONSTRAINT number_series_next_value_check CHECK (next_value > 0)
);

ALTER TABLE app.number_series ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.number_series FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.number_series AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.number_series AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.number_series TO yunfan_app, yunfan_provision;

CREATE TABLE app.number_lease (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	device_id UUID NOT NULL,
	series_id UUID NOT NULL,
	series_key TEXT COLLATE "C" NOT NULL,
	prefix TEXT COLLATE "C" NOT NULL,
	first BIGINT NOT NULL,
	last BIGINT NOT NULL,
	granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	spent_at TIMESTAMP WITH TIME ZONE,
	closed_at TIMESTAMP WITH TIME ZONE,
	closed_reason TEXT COLLATE "C",
	closed_by_id UUID,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT number_lease_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT number_lease_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT number_lease_tenant_id_device_id_fkey FOREIGN KEY(tenant_id, device_id) REFERENCES app.device (tenant_id, id),
	CONSTRAINT number_lease_tenant_id_series_id_fkey FOREIGN KEY(tenant_id, series_id) REFERENCES app.number_series (tenant_id, id),
	CONSTRAINT number_lease_range_check CHECK (first > 0 AND last >= first),
	CONSTRAINT number_lease_closed_check CHECK ((closed_at IS NULL) = (closed_reason IS NULL)),
	CONSTRAINT number_lease_closed_reason_check CHECK (closed_reason IN ('lost', 'revoked', 'wiped', 'forked', 'used_up'))
);

CREATE INDEX number_lease_device_idx ON app.number_lease (tenant_id, device_id);

CREATE INDEX number_lease_owner_idx ON app.number_lease (tenant_id, owner_id);

CREATE UNIQUE INDEX number_lease_range_idx ON app.number_lease (tenant_id, series_id, first);

CREATE INDEX number_lease_scope_idx ON app.number_lease (tenant_id, scope_path);

ALTER TABLE app.number_lease ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.number_lease FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.number_lease AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.number_lease AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.number_lease TO yunfan_app, yunfan_provision;

CREATE TABLE app.document_number (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	series_id UUID NOT NULL,
	value BIGINT NOT NULL,
	number TEXT COLLATE "C" NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	lease_id UUID,
	entity TEXT COLLATE "C",
	row_id UUID,
	cause TEXT COLLATE "C",
	reason TEXT COLLATE "C",
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT document_number_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT document_number_tenant_id_series_id_fkey FOREIGN KEY(tenant_id, series_id) REFERENCES app.number_series (tenant_id, id),
	CONSTRAINT document_number_tenant_id_lease_id_fkey FOREIGN KEY(tenant_id, lease_id) REFERENCES app.number_lease (tenant_id, id),
	CONSTRAINT document_number_tenant_id_series_id_value_key UNIQUE (tenant_id, series_id, value),
	CONSTRAINT document_number_state_check CHECK (state IN ('used', 'voided')),
	CONSTRAINT document_number_cause_check CHECK (cause IN ('spoiled', 'lease_closed', 'passed_over')),
	CONSTRAINT document_number_used_check CHECK ((state = 'used') = (entity IS NOT NULL AND row_id IS NOT NULL)),
	CONSTRAINT document_number_voided_check CHECK ((state = 'voided') = (cause IS NOT NULL))
);

CREATE INDEX document_number_lease_idx ON app.document_number (tenant_id, lease_id, value);

CREATE INDEX document_number_row_idx ON app.document_number (tenant_id, row_id) WHERE row_id IS NOT NULL;

ALTER TABLE app.document_number ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.document_number FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.document_number AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.document_number AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.document_number TO yunfan_app, yunfan_provision;

CREATE TABLE app.saved_view (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	collection TEXT COLLATE "C" NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	config JSONB NOT NULL,
	sharing TEXT COLLATE "C" NOT NULL,
	position BIGINT NOT NULL,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT saved_view_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT saved_view_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT saved_view_sharing_check CHECK (sharing IN ('own', 'shared'))
);

CREATE INDEX saved_view_owner_idx ON app.saved_view (tenant_id, owner_id);

CREATE INDEX saved_view_scope_idx ON app.saved_view (tenant_id, scope_path);

ALTER TABLE app.saved_view ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.saved_view FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.saved_view AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.saved_view AS PERMISSIVE FOR ALL USING ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END))) WITH CHECK ((scope_path = '' OR (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END)));

GRANT SELECT, INSERT, UPDATE, DELETE ON app.saved_view TO yunfan_app, yunfan_provision;

CREATE TABLE app.activity (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	customer_id UUID NOT NULL,
	contact_id UUID,
	channel TEXT COLLATE "C" NOT NULL,
	topic TEXT COLLATE "C" NOT NULL,
	content TEXT COLLATE "C",
	objection TEXT COLLATE "C",
	budget_minor BIGINT,
	budget_currency TEXT COLLATE "C",
	next_step TEXT COLLATE "C",
	next_step_at TIMESTAMP WITH TIME ZONE,
	happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
	latitude NUMERIC,
	longitude NUMERIC,
	accuracy_metres BIGINT,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	custom JSONB NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT activity_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT activity_tenant_id_customer_id_fkey FOREIGN KEY(tenant_id, customer_id) REFERENCES app.customer (tenant_id, id),
	CONSTRAINT activity_tenant_id_contact_id_fkey FOREIGN KEY(tenant_id, contact_id) REFERENCES app.contact (tenant_id, id),
	CONSTRAINT activity_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT activity_channel_check CHECK (channel IN ('visit', 'phone', 'wechat', 'email', 'meeting', 'other')),
	CONSTRAINT activity_budget_currency_check CHECK ((budget_minor IS NULL) = (budget_currency IS NULL)),
	CONSTRAINT activity_place_check CHECK ((latitude IS NULL) = (longitude IS NULL)),
	CONSTRAINT activity_latitude_check CHECK (latitude BETWEEN -90 AND 90),
	CONSTRAINT activity_longitude_check CHECK (longitude BETWEEN -180 AND 180),
	CONSTRAINT activity_accuracy_check CHECK (accuracy_metres IS NULL OR (latitude IS NOT NULL AND accuracy_metres >= 0))
);

CREATE INDEX activity_channel_idx ON app.activity (tenant_id, channel, happened_at);

CREATE INDEX activity_contact_idx ON app.activity (tenant_id, contact_id, happened_at) WHERE contact_id IS NOT NULL;

CREATE INDEX activity_customer_idx ON app.activity (tenant_id, customer_id, happened_at);

CREATE INDEX activity_happened_idx ON app.activity (tenant_id, happened_at, id);

CREATE INDEX activity_next_step_idx ON app.activity (tenant_id, next_step_at);

CREATE INDEX activity_owner_idx ON app.activity (tenant_id, owner_id, happened_at);

CREATE INDEX activity_scope_idx ON app.activity (tenant_id, scope_path);

ALTER TABLE app.activity ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.activity FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.activity AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.activity AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.activity TO yunfan_app, yunfan_provision;

CREATE TABLE app.product (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C",
	unit TEXT COLLATE "C",
	spec TEXT COLLATE "C",
	list_price NUMERIC(18, 6),
	currency TEXT COLLATE "C",
	notes TEXT COLLATE "C",
	custom JSONB NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT product_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT product_currency_check CHECK ((list_price IS NULL) = (currency IS NULL)),
	CONSTRAINT product_list_price_check CHECK (list_price >= 0 AND list_price < 1000000000000)
);

CREATE INDEX product_archived_idx ON app.product (tenant_id, archived_at) WHERE archived_at IS NOT NULL;

CREATE UNIQUE INDEX product_code_idx ON app.product (tenant_id, code) WHERE code IS NOT NULL;

CREATE INDEX product_name_idx ON app.product (tenant_id, name_key, id);

CREATE INDEX product_updated_idx ON app.product (tenant_id, updated_at, id);

ALTER TABLE app.product ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.product FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.product AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.product AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.product TO yunfan_app, yunfan_provision;

CREATE TABLE app.warehouse (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C",
	address TEXT COLLATE "C",
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT warehouse_pkey PRIMARY KEY (tenant_id, id)
);

CREATE UNIQUE INDEX warehouse_code_idx ON app.warehouse (tenant_id, code) WHERE code IS NOT NULL;

CREATE INDEX warehouse_name_idx ON app.warehouse (tenant_id, name_key, id);

ALTER TABLE app.warehouse ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.warehouse FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.warehouse AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.warehouse AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.warehouse TO yunfan_app, yunfan_provision;

CREATE TABLE app.stock_move (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	product_id UUID NOT NULL,
	warehouse_id UUID NOT NULL,
	quantity NUMERIC NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	reference_entity TEXT COLLATE "C",
	reference_id UUID,
	made_at TIMESTAMP WITH TIME ZONE NOT NULL,
	note TEXT COLLATE "C",
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT stock_move_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT stock_move_tenant_id_product_id_fkey FOREIGN KEY(tenant_id, product_id) REFERENCES app.product (tenant_id, id),
	CONSTRAINT stock_move_tenant_id_warehouse_id_fkey FOREIGN KEY(tenant_id, warehouse_id) REFERENCES app.warehouse (tenant_id, id),
	CONSTRAINT stock_move_kind_check CHECK (kind IN ('receipt', 'issue', 'adjustment', 'count', 'delivery')),
	CONSTRAINT stock_move_quantity_check CHECK (quantity <> 0 AND abs(quantity) < 1000000000000000),
	CONSTRAINT stock_move_reference_check CHECK ((reference_entity IS NULL) = (reference_id IS NULL))
);

CREATE INDEX stock_move_made_idx ON app.stock_move (tenant_id, made_at, id);

CREATE INDEX stock_move_product_idx ON app.stock_move (tenant_id, product_id, made_at);

CREATE INDEX stock_move_reference_idx ON app.stock_move (tenant_id, reference_id) WHERE reference_id IS NOT NULL;

CREATE INDEX stock_move_warehouse_idx ON app.stock_move (tenant_id, warehouse_id, made_at);

ALTER TABLE app.stock_move ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.stock_move FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.stock_move AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.stock_move AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.stock_move TO yunfan_app, yunfan_provision;

CREATE TABLE app.stock_balance (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	product_id UUID NOT NULL,
	warehouse_id UUID NOT NULL,
	on_hand NUMERIC NOT NULL,
	negative_since TIMESTAMP WITH TIME ZONE,
	last_count_line_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT stock_balance_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT stock_balance_tenant_id_product_id_fkey FOREIGN KEY(tenant_id, product_id) REFERENCES app.product (tenant_id, id),
	CONSTRAINT stock_balance_tenant_id_warehouse_id_fkey FOREIGN KEY(tenant_id, warehouse_id) REFERENCES app.warehouse (tenant_id, id),
	CONSTRAINT stock_balance_on_hand_check CHECK (abs(on_hand) < 1000000000000000),
	CONSTRAINT stock_balance_negative_check CHECK ((on_hand < 0) = (negative_since IS NOT NULL))
);

CREATE INDEX stock_balance_negative_idx ON app.stock_balance (tenant_id, negative_since) WHERE negative_since IS NOT NULL;

CREATE UNIQUE INDEX stock_balance_place_idx ON app.stock_balance (tenant_id, product_id, warehouse_id);

CREATE INDEX stock_balance_warehouse_idx ON app.stock_balance (tenant_id, warehouse_id, product_id);

ALTER TABLE app.stock_balance ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.stock_balance FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.stock_balance AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.stock_balance AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.stock_balance TO yunfan_app, yunfan_provision;

CREATE TABLE app.stock_count (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	warehouse_id UUID NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	posted_at TIMESTAMP WITH TIME ZONE,
	posted_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT stock_count_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT stock_count_tenant_id_warehouse_id_fkey FOREIGN KEY(tenant_id, warehouse_id) REFERENCES app.warehouse (tenant_id, id),
	CONSTRAINT stock_count_state_check CHECK (state IN ('draft', 'posted')),
	CONSTRAINT stock_count_posted_check CHECK ((state = 'posted') = (posted_at IS NOT NULL))
);

CREATE INDEX stock_count_updated_idx ON app.stock_count (tenant_id, updated_at, id);

CREATE INDEX stock_count_warehouse_idx ON app.stock_count (tenant_id, warehouse_id, posted_at);

ALTER TABLE app.stock_count ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.stock_count FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.stock_count AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.stock_count AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.stock_count TO yunfan_app, yunfan_provision;

CREATE TABLE app.stock_count_line (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	count_id UUID NOT NULL,
	product_id UUID NOT NULL,
	counted NUMERIC NOT NULL,
	expected NUMERIC NOT NULL,
	after_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT stock_count_line_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT stock_count_line_tenant_id_count_id_fkey FOREIGN KEY(tenant_id, count_id) REFERENCES app.stock_count (tenant_id, id),
	CONSTRAINT stock_count_line_tenant_id_product_id_fkey FOREIGN KEY(tenant_id, product_id) REFERENCES app.product (tenant_id, id),
	CONSTRAINT stock_count_line_counted_check CHECK (counted >= 0 AND abs(counted) < 1000000000000000),
	CONSTRAINT stock_count_line_expected_check CHECK (abs(expected) < 1000000000000000)
);

CREATE UNIQUE INDEX stock_count_line_count_idx ON app.stock_count_line (tenant_id, count_id, product_id);

CREATE INDEX stock_count_line_product_idx ON app.stock_count_line (tenant_id, product_id);

ALTER TABLE app.stock_count_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.stock_count_line FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.stock_count_line AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.stock_count_line AS PERMISSIVE FOR ALL USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.stock_count_line TO yunfan_app, yunfan_provision;

CREATE TABLE app.sales_order (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	number TEXT COLLATE "C" NOT NULL,
	customer_id UUID NOT NULL,
	state TEXT COLLATE "C" NOT NULL,
	ordered_on DATE NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	total_minor BIGINT NOT NULL,
	notes TEXT COLLATE "C",
	confirmed_at TIMESTAMP WITH TIME ZONE,
	confirmed_by_id UUID,
	delivered_at TIMESTAMP WITH TIME ZONE,
	delivered_by_id UUID,
	cancelled_at TIMESTAMP WITH TIME ZONE,
	cancelled_by_id UUID,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT sales_order_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT sales_order_tenant_id_customer_id_fkey FOREIGN KEY(tenant_id, customer_id) REFERENCES app.customer (tenant_id, id),
	CONSTRAINT sales_order_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT sales_order_state_check CHECK (state IN ('draft', 'confirmed', 'delivered', 'cancelled')),
	CONSTRAINT sales_order_confirmed_check CHECK ((confirmed_at IS NULL) OR state <> 'draft'),
	CONSTRAINT sales_order_delivered_check CHECK ((state = 'delivered') = (delivered_at IS NOT NULL)),
	CONSTRAINT sales_order_cancelled_check CHECK ((state = 'cancelled') = (cancelled_at IS NOT NULL))
);

CREATE INDEX sales_order_customer_idx ON app.sales_order (tenant_id, customer_id, ordered_on);

CREATE UNIQUE INDEX sales_order_number_idx ON app.sales_order (tenant_id, number);

CREATE INDEX sales_order_ordered_idx ON app.sales_order (tenant_id, ordered_on, id);

CREATE INDEX sales_order_owner_idx ON app.sales_order (tenant_id, owner_id, ordered_on);

CREATE INDEX sales_order_scope_idx ON app.sales_order (tenant_id, scope_path);

CREATE INDEX sales_order_state_idx ON app.sales_order (tenant_id, state, ordered_on);

CREATE INDEX sales_order_updated_idx ON app.sales_order (tenant_id, updated_at, id);

ALTER TABLE app.sales_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.sales_order FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.sales_order AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.sales_order AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.sales_order TO yunfan_app, yunfan_provision;

CREATE TABLE app.sales_order_line (
	tenant_id UUID NOT NULL,
	id UUID NOT NULL,
	order_id UUID NOT NULL,
	product_id UUID NOT NULL,
	quantity NUMERIC NOT NULL,
	unit_price NUMERIC(18, 6) NOT NULL,
	amount_minor BIGINT NOT NULL,
	currency TEXT COLLATE "C" NOT NULL,
	packed_quantity NUMERIC NOT NULL,
	position BIGINT NOT NULL,
	owner_id UUID,
	scope_path TEXT COLLATE "C" NOT NULL,
	archived_at TIMESTAMP WITH TIME ZONE,
	archived_by_id UUID,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	created_by_id UUID,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_by_id UUID,
	CONSTRAINT sales_order_line_pkey PRIMARY KEY (tenant_id, id),
	CONSTRAINT sales_order_line_tenant_id_order_id_fkey FOREIGN KEY(tenant_id, order_id) REFERENCES app.sales_order (tenant_id, id),
	CONSTRAINT sales_order_line_tenant_id_product_id_fkey FOREIGN KEY(tenant_id, product_id) REFERENCES app.product (tenant_id, id),
	CONSTRAINT sales_order_line_tenant_id_owner_id_fkey FOREIGN KEY(tenant_id, owner_id) REFERENCES app.member (tenant_id, id),
	CONSTRAINT sales_order_line_quantity_check CHECK (quantity > 0 AND quantity < 1000000000000000),
	CONSTRAINT sales_order_line_unit_price_check CHECK (unit_price >= 0 AND unit_price < 1000000000000),
	CONSTRAINT sales_order_line_packed_quantity_check CHECK (packed_quantity >= 0 AND packed_quantity < 1000000000000000)
);

CREATE INDEX sales_order_line_archived_idx ON app.sales_order_line (tenant_id, archived_at) WHERE archived_at IS NOT NULL;

CREATE INDEX sales_order_line_order_idx ON app.sales_order_line (tenant_id, order_id, position, id);

CREATE INDEX sales_order_line_owner_idx ON app.sales_order_line (tenant_id, owner_id);

CREATE INDEX sales_order_line_product_idx ON app.sales_order_line (tenant_id, product_id);

CREATE INDEX sales_order_line_scope_idx ON app.sales_order_line (tenant_id, scope_path);

ALTER TABLE app.sales_order_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE app.sales_order_line FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant_wall ON app.sales_order_line AS RESTRICTIVE FOR ALL USING (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid) WITH CHECK (tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid);

CREATE POLICY scope ON app.sales_order_line AS PERMISSIVE FOR ALL USING (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END) WITH CHECK (scope_path >= current_setting('app.scope_from', true) AND scope_path < current_setting('app.scope_to', true) AND CASE WHEN octet_length(current_setting('app.arms', true)) = 0 THEN true ELSE scope_path ^@ ANY (string_to_array(current_setting('app.arms', true), ',')) END);

GRANT SELECT, INSERT, UPDATE, DELETE ON app.sales_order_line TO yunfan_app, yunfan_provision;

CREATE TABLE platform.device_use (
	sign_in_id UUID NOT NULL,
	device_id UUID NOT NULL,
	noted_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT device_use_pkey PRIMARY KEY (sign_in_id, device_id)
);

CREATE INDEX device_use_device_idx ON platform.device_use (device_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."device_use" TO yunfan_platform;

GRANT SELECT ON platform."device_use" TO yunfan_provision;

CREATE TABLE platform.link_token (
	id UUID NOT NULL,
	purpose TEXT COLLATE "C" NOT NULL,
	token_hash BYTEA NOT NULL,
	subject TEXT COLLATE "C" NOT NULL,
	tenant_id UUID,
	details JSONB NOT NULL,
	attempts BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	used_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT link_token_pkey PRIMARY KEY (id),
	CONSTRAINT link_token_token_hash_key UNIQUE (token_hash),
	CONSTRAINT link_token_purpose_check CHECK (purpose IN ('invitation', 'verify_email', 'reset_password', 'sms_code'))
);

CREATE INDEX link_token_invitation_idx ON platform.link_token (tenant_id, expires_at) WHERE purpose = 'invitation' AND used_at IS NULL;

CREATE INDEX link_token_subject_idx ON platform.link_token (purpose, subject);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."link_token" TO yunfan_platform;

GRANT SELECT, INSERT, UPDATE ON platform."link_token" TO yunfan_provision;

CREATE TABLE platform.security_log (
	id UUID NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	event TEXT COLLATE "C" NOT NULL,
	user_id UUID,
	tenant_id UUID,
	member_id UUID,
	address TEXT COLLATE "C",
	details JSONB NOT NULL,
	CONSTRAINT security_log_pkey PRIMARY KEY (id)
);

CREATE INDEX security_log_tenant_idx ON platform.security_log (tenant_id, at);

CREATE INDEX security_log_user_idx ON platform.security_log (user_id, at);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."security_log" TO yunfan_platform;

GRANT INSERT ON platform."security_log" TO yunfan_provision;

CREATE TABLE platform.tenant (
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	org_code TEXT COLLATE "C" NOT NULL,
	zone TEXT COLLATE "C" NOT NULL,
	placement TEXT COLLATE "C" NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	suspended_at TIMESTAMP WITH TIME ZONE,
	trial_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT tenant_pkey PRIMARY KEY (id),
	CONSTRAINT tenant_org_code_key UNIQUE (org_code)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."tenant" TO yunfan_platform;

GRANT SELECT, INSERT ON platform."tenant" TO yunfan_provision;

CREATE TABLE platform."user" (
	id UUID NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	language TEXT COLLATE "C" NOT NULL,
	password_hash TEXT COLLATE "C",
	password_changed_at TIMESTAMP WITH TIME ZONE,
	password_must_change BOOLEAN NOT NULL,
	totp_secret TEXT COLLATE "C",
	totp_confirmed_at TIMESTAMP WITH TIME ZONE,
	totp_last_counter BIGINT,
	recovery_codes JSONB,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	erased_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT user_pkey PRIMARY KEY (id)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."user" TO yunfan_platform;

GRANT SELECT, INSERT, UPDATE ON platform."user" TO yunfan_provision;

CREATE TABLE platform.earlier_password (
	id UUID NOT NULL,
	user_id UUID NOT NULL,
	password_hash TEXT COLLATE "C" NOT NULL,
	replaced_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT earlier_password_pkey PRIMARY KEY (id),
	CONSTRAINT earlier_password_user_id_fkey FOREIGN KEY(user_id) REFERENCES platform."user" (id)
);

CREATE INDEX earlier_password_user_idx ON platform.earlier_password (user_id, replaced_at);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."earlier_password" TO yunfan_platform;

GRANT SELECT (user_id), DELETE ON platform."earlier_password" TO yunfan_provision;

CREATE TABLE platform.membership (
	id UUID NOT NULL,
	user_id UUID NOT NULL,
	tenant_id UUID NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	ended_at TIMESTAMP WITH TIME ZONE,
	CONSTRAINT membership_pkey PRIMARY KEY (id),
	CONSTRAINT membership_user_id_tenant_id_key UNIQUE (user_id, tenant_id),
	CONSTRAINT membership_user_id_fkey FOREIGN KEY(user_id) REFERENCES platform."user" (id),
	CONSTRAINT membership_tenant_id_fkey FOREIGN KEY(tenant_id) REFERENCES platform.tenant (id)
);

CREATE INDEX membership_tenant_idx ON platform.membership (tenant_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."membership" TO yunfan_platform;

GRANT SELECT, INSERT, UPDATE ON platform."membership" TO yunfan_provision;

CREATE TABLE platform.user_identifier (
	id UUID NOT NULL,
	user_id UUID NOT NULL,
	kind TEXT COLLATE "C" NOT NULL,
	value TEXT COLLATE "C" NOT NULL,
	verified_at TIMESTAMP WITH TIME ZONE,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT user_identifier_pkey PRIMARY KEY (id),
	CONSTRAINT user_identifier_kind_value_key UNIQUE (kind, value),
	CONSTRAINT user_identifier_kind_check CHECK (kind IN ('phone', 'email', 'account')),
	CONSTRAINT user_identifier_user_id_fkey FOREIGN KEY(user_id) REFERENCES platform."user" (id)
);

CREATE INDEX user_identifier_user_idx ON platform.user_identifier (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."user_identifier" TO yunfan_platform;

GRANT SELECT, INSERT, UPDATE ON platform."user_identifier" TO yunfan_provision;

CREATE TABLE platform.session (
	id UUID NOT NULL,
	token_hash BYTEA NOT NULL,
	user_id UUID NOT NULL,
	membership_id UUID,
	sign_in_id UUID NOT NULL,
	device_name TEXT COLLATE "C",
	address TEXT COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	token_issued_at TIMESTAMP WITH TIME ZONE NOT NULL,
	token_used_at TIMESTAMP WITH TIME ZONE,
	revoked_at TIMESTAMP WITH TIME ZONE,
	revoked_reason TEXT COLLATE "C",
	restricted_to TEXT COLLATE "C",
	CONSTRAINT session_pkey PRIMARY KEY (id),
	CONSTRAINT session_token_hash_key UNIQUE (token_hash),
	CONSTRAINT session_user_id_fkey FOREIGN KEY(user_id) REFERENCES platform."user" (id),
	CONSTRAINT session_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES platform.membership (id)
);

CREATE INDEX session_membership_idx ON platform.session (membership_id);

CREATE INDEX session_user_idx ON platform.session (user_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."session" TO yunfan_platform;

GRANT SELECT, INSERT, UPDATE ON platform."session" TO yunfan_provision;

CREATE TABLE platform.spent_token (
	token_hash BYTEA NOT NULL,
	session_id UUID NOT NULL,
	successor_hash BYTEA NOT NULL,
	rotated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT spent_token_pkey PRIMARY KEY (token_hash),
	CONSTRAINT spent_token_session_id_fkey FOREIGN KEY(session_id) REFERENCES platform.session (id)
);

CREATE INDEX spent_token_session_idx ON platform.spent_token (session_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON platform."spent_token" TO yunfan_platform;

INSERT INTO app.service_state (id) VALUES (1);

GRANT UPDATE (read_only_since, reason_zh, reason_en) ON app.service_state TO yunfan_platform;

GRANT SELECT ON platform.schema_version TO yunfan_app, yunfan_platform;
