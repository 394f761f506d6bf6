/** Errors of the HTTP framework, by the codes of this service. */
import type { FastifyError } from 'fastify';
import { type ErrorCode, ServiceError } from '../errors.ts';

const CODE_OF_FRAMEWORK_ERROR: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_EMPTY_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_REQUEST',
  FST_ERR_VALIDATION: 'INVALID_REQUEST',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_JSON',
  FST_ERR_BAD_URL: 'INVALID_REQUEST',
};

/** What the framework blames on the request is no failure of the service, known to the table or not. */
function codeOfFramework({ code, statusCode = 500 }: FastifyError): ErrorCode {
  return CODE_OF_FRAMEWORK_ERROR[code] ?? (statusCode < 500 ? 'INVALID_REQUEST' : 'INTERNAL');
}

export const errorCodeOf = (error: FastifyError | ServiceError): ErrorCode =>
  error instanceof ServiceError ? error.code : codeOfFramework(error);
